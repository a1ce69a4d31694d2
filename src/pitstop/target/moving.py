"""Whether a suite that was refused a database can be run on servers of its own, and the servers for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

from pitstop.errors import TargetError
from pitstop.target.model import Target
from pitstop.target.programs import INSTALL, find_programs
from pitstop.target.servers import PrivateServers
from pitstop.target.sides import Database
from pitstop.target.transfer import look
from pitstop.target.urls import MAINTENANCE, DatabaseURL
from pitstop.target.variables import join


def own_servers(
    target: Target,
    refused: Sequence[str],
    given: Database | None,
    *,
    environment: Mapping[str, str] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> PrivateServers | None:
    """Servers for a suite that was `refused` these addresses; None where they would not help.

    They help where a PostgreSQL database was refused, a variable tells the service where its server is, and there is a
    server to be started. With a database `given`, its name is kept and its contents are loaded; without, nobody allowed
    us to look at one, and the databases that the variables name are there, empty; so are those that the service opened by
    names of its code, unless it also opened one to make them from. Raises TargetError as `look` does.
    """
    if not any(address.startswith("postgresql://") for address in refused) or not find_programs():
        return None
    url, names = _named(target, given)
    if not url:
        return None
    source = look(given.url, allow_remote=given.allow_remote) if given is not None else None
    opened = _opened(refused)
    asked = opened or tuple(filter(None, names))
    holds = asked[0] if len(asked) == 1 else ""
    return PrivateServers(
        url, names=(*names, *opened), holds=holds, source=source, environment=environment, say=say
    )


def advice(refused: str, *, given: bool) -> str:
    """What the user can do about a database that was `refused`, after what we could do was done."""
    if refused.startswith("mongodb://"):
        return (
            "MongoDB is not copied, and what the service writes or deletes there stays. Start a server for this run alone and name "
            "it: `pitstop measure --allow-mongodb HOST:PORT`."
        )
    if not given:
        first = "Give the URL of a copy, or of a database that pitstop may clone: `--database URL`."
    else:
        first = (
            "Its tests name a database of their own, so the versions to compare would share it. Let them take the "
            "server's address from the setting that `--database` fills; `pitstop inspect` needs no database."
        )
    if refused.startswith("postgresql://") and not find_programs():
        return f"{first} Or let each version have a server of its own. {INSTALL}"
    return first


def _opened(refused: Sequence[str]) -> tuple[str, ...]:
    """The names of the databases that were asked for; none where one of the server's own was, for new ones are made from it."""
    known = [DatabaseURL.parse(address) for address in refused if address.startswith("postgresql://")]
    names = tuple(dict.fromkeys(each.name for each in known if each.name))
    return () if MAINTENANCE.intersection(names) else names


def _named(target: Target, given: Database | None) -> tuple[str, tuple[str, ...]]:
    """The address whose server is to be replaced, and the databases that must be there. "" where no variable has one."""
    if not target.databases:
        return "", ()
    if given is not None:
        parsed = DatabaseURL.parse(given.url)
        return (given.url, (parsed.name,)) if parsed.system == "postgresql" else ("", ())
    urls = [known for variable in target.databases if (known := _postgresql(variable.value, variable.part))]
    parts = {v.part: v.value for v in target.databases if v.part != "url"}
    if not urls and not {"host", "port"} & set(parts):
        return "", ()
    names = [each.name for each in urls] + [parts.get("name", "")]
    whole = urls[0].text if urls else join(target.databases)
    # Without a name: each variable keeps the one it has.
    url = DatabaseURL.parse(whole).renamed("") if whole else _user(parts.get("user", ""))
    return url.replace("/?", "?").removesuffix("/"), tuple(names)


def _user(name: str) -> str:
    return f"postgresql://{quote(name, safe='')}@127.0.0.1" if name else "postgresql://127.0.0.1"


def _postgresql(value: str, part: str) -> DatabaseURL | None:
    if part != "url" or not value:
        return None
    try:
        parsed = DatabaseURL.parse(value)
    except TargetError:
        return None
    return parsed if parsed.system == "postgresql" else None
