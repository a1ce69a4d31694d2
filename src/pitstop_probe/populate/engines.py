"""The connection that rows are written over: the app's own engine of that database, or one made for it."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable
from typing import Any

from pitstop_probe.guard import address_of

from .catalog import Catalog, UnusableError

_DRIVERS = {
    "postgresql": (
        ("psycopg", "postgresql+psycopg"),
        ("psycopg2", "postgresql+psycopg2"),
        ("asyncpg", "postgresql+asyncpg"),
        ("pg8000", "postgresql+pg8000"),
    ),
    "sqlite": (("sqlite3", "sqlite"),),
}


def engine_for(catalog: Catalog, url: str) -> Any:
    """The engine of the database at `url`; of the app's only database where `url` is empty.

    An engine of the app's own comes first: it has the arguments that the app needs. Raises UnusableError.
    """
    own = {address(each.url): each for each in reversed(catalog.engines())}
    if not url:
        if len(own) != 1:
            raise UnusableError(
                f"the app has engines for {len(own)} databases, and none of them was named"
                if own
                else "the app has made no engine yet, and no database was named"
            )
        return next(iter(own.values()))
    try:
        parsed = importlib.import_module("sqlalchemy.engine.url").make_url(
            url.replace("postgres://", "postgresql://", 1)
        )
    except Exception as error:
        raise UnusableError("the URL of the database cannot be read") from error
    found = own.get(address(parsed))
    if found is not None:
        return found
    if "+" not in parsed.drivername:
        installed = [
            scheme
            for module, scheme in _DRIVERS.get(parsed.drivername, ())
            if importlib.util.find_spec(module) is not None
        ]
        if installed:
            parsed = parsed.set(drivername=installed[0])
    try:
        if getattr(parsed.get_dialect(), "is_async", False):
            return importlib.import_module("sqlalchemy.ext.asyncio").create_async_engine(parsed).sync_engine
        return catalog.library.create_engine(parsed)
    except Exception as error:
        raise UnusableError(f"no engine can be made for the database: {error}") from error


def address(url: Any) -> tuple[Any, ...]:
    """What tells databases apart: driver, user and arguments do not."""
    kind = url.get_backend_name()
    if kind == "sqlite":
        name = url.database or ":memory:"
        if name.startswith("file:"):
            name = name[len("file:") :].partition("?")[0]
        return (kind, name if name == ":memory:" else os.path.realpath(name))
    host = url.host or next(iter(_many(url.query.get("host", ""))), "")
    port = f":{url.port}" if url.port else ""
    bracketed = f"[{host}]" if ":" in host else host
    if host.startswith("/"):
        return (kind, host, url.port or 5432, url.database)
    return address_of(f"{kind}://{bracketed}{port}/{url.database or ''}")


def _many(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


async def connected(engine: Any, work: Callable[[Any], None]) -> None:
    """Call `work` with a connection of the engine, whether its driver is asynchronous or not."""
    engine.echo = False
    if getattr(engine.dialect, "is_async", False):
        wrapped = importlib.import_module("sqlalchemy.ext.asyncio").AsyncEngine(engine)
        async with wrapped.connect() as connection:
            await connection.run_sync(work)
        await wrapped.dispose()
        return
    with engine.connect() as connection:
        work(connection)
    engine.dispose()
