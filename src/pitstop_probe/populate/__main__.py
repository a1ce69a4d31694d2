"""Fills the database of an app with rows: `python -m pitstop_probe.populate APP --rows N --seed 7 --url URL --report FILE`.

APP is `module:name`, as for a replay. Its start-up runs first and may make the tables. Nothing but the database at URL
is written, and the probe's guard must see to it that the app connects to no other. The report is one JSON object:
`{"tables": [{"name", "before", "after", "wanted", "reason"}], "created", "skipped": [{"subject", "reason"}], "file", "error"}`,
where `file` is that of an SQLite database.
Arguments may stand in a file, one a line, named as `@FILE`. While it works, a line a batch says how far it is: `pitstop: populated <table> <rows> <wanted>`.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import json
import os
import sys
import time
import traceback
from typing import Any

from pitstop_probe import start
from pitstop_probe.replay import UNUSABLE, USAGE, App, Lifespan, load

from .catalog import Catalog, UnusableError
from .engines import address, connected, engine_for
from .filling import Filler
from .schema import Schema
from .shape import Shape
from .writing import words_of

_SHUT_DOWN_WITHIN_S = 30


class Report:
    """What is said at the end, and kept up to date meanwhile."""

    def __init__(self) -> None:
        self.schema: Any = None
        self.created = False
        self.file = ""
        self.skipped: list[dict[str, str]] = []
        self.error = ""

    def skip(self, subject: str, reason: str) -> None:
        """Something that was left out."""
        self.skipped.append({"subject": subject, "reason": reason})

    def write(self, path: str) -> None:
        """Write the report as JSON."""
        plans = self.schema.plans.values() if self.schema is not None else ()
        tables = [
            {"name": p.name, "before": p.before, "after": p.after, "wanted": p.wanted, "reason": p.reason}
            for p in plans
        ]
        made = {
            "tables": tables,
            "created": self.created,
            "skipped": self.skipped,
            "file": self.file,
            "error": self.error,
        }
        with open(path, "w", encoding="utf-8") as file:
            json.dump(made, file)


async def start_up(app: App, report: Report) -> None:
    """Run the app's start-up and shut-down, as a server would: tables may be made there, and nothing is left running.

    An app that does not start, for want of another server perhaps, may have its tables all the same.
    """
    lifespan = Lifespan(app)
    try:
        await lifespan.start()
    except Exception as error:
        report.skip("start-up", " ".join(str(error).split())[:300])
        return
    try:
        await asyncio.wait_for(lifespan.stop(), _SHUT_DOWN_WITHIN_S)
    except Exception as error:
        report.skip("shut-down", " ".join(repr(error).split())[:300])


def populate(catalog: Catalog, connection: Any, arguments: argparse.Namespace, report: Report) -> None:
    """Make the tables where there are none, and fill them. Raises UnusableError where there are none after all."""
    with connection.begin():
        has = catalog.library.inspect(connection).has_table
        own = [table for metadata in catalog.metadata for table in metadata.tables.values()]
        bare = not any(has(table.name, schema=table.schema) for table in own)
    if bare:
        create(catalog, connection, report)
    with connection.begin():
        schema = report.schema = Schema(catalog, connection)
        for plan in schema.plans.values():
            count = catalog.library.select(catalog.library.func.count()).select_from(plan.table)
            plan.before = plan.after = connection.execute(count).scalar()
    if not schema.plans:
        raise UnusableError("the database has none of the app's tables, and they could not be made")
    told = {each["subject"] for each in report.skipped}
    for name in schema.missing:
        if name not in told:
            report.skip(name, "the database has no such table")
    grow = dict(arguments.grow)
    for name in grow:
        if not any(name in (plan.name, plan.table.name) for plan in schema.plans.values()):
            report.skip(name, "the app has no such table in this database")
    shape = Shape(schema, catalog, arguments.rows, grow)
    for plan in schema.plans.values():
        plan.wanted = shape.wanted(plan)
    now = datetime.datetime.fromtimestamp(time.time() // 86_400 * 86_400, datetime.timezone.utc).replace(
        tzinfo=None
    )

    def progress(name: str, rows: int, wanted: int) -> None:
        sys.stdout.write(f"pitstop: populated {name} {rows} {wanted}\n")
        sys.stdout.flush()

    Filler(catalog, connection, schema, seed=arguments.seed, now=now, shape=shape, progress=progress).fill()


def create(catalog: Catalog, connection: Any, report: Report) -> None:
    """Make all tables; where that fails, each by itself, as far as it goes."""
    for metadata in catalog.metadata:
        try:
            with connection.begin():
                _make_schemas(catalog, connection, metadata)
                metadata.create_all(connection)
            report.created = True
        except Exception:
            _create_some(metadata, connection, report)


def _create_some(metadata: Any, connection: Any, report: Report) -> None:
    """Make the tables that can be made, again and again, for one may need another that comes later."""
    left = dict(metadata.tables)
    refused: dict[str, str] = {}
    while left:
        refused = {}
        for name, table in left.items():
            try:
                with connection.begin():
                    table.create(connection, checkfirst=True)
                report.created = True
            except Exception as error:
                refused[name] = words_of(error)
        if len(refused) == len(left):
            break
        left = {name: left[name] for name in refused}
    for name, reason in refused.items():
        report.skip(name, f"the table could not be made: {reason}")


def _make_schemas(catalog: Catalog, connection: Any, metadata: Any) -> None:
    if connection.dialect.name == "postgresql":
        for name in sorted({table.schema for table in metadata.tables.values() if table.schema}):
            quoted = connection.dialect.identifier_preparer.quote(name)
            connection.execute(catalog.library.text(f"CREATE SCHEMA IF NOT EXISTS {quoted}"))


async def run(app: App, arguments: argparse.Namespace, report: Report) -> None:
    """Populate the app's database. Raises UnusableError."""
    await start_up(app, report)
    catalog = Catalog(arguments.app.partition(":")[0].partition(".")[0])
    engine = engine_for(catalog, arguments.url)
    kind, *_, name = address(engine.url)
    report.file = name if kind == "sqlite" and name != ":memory:" else ""
    try:
        await connected(engine, lambda connection: populate(catalog, connection, arguments, report))
    except UnusableError:
        raise
    except Exception as error:
        raise UnusableError(f"the database cannot be used: {words_of(error)}") from error


def grown(text: str) -> tuple[str, int]:
    """`TABLE=N` of the command line. Raises ValueError."""
    name, _, number = text.rpartition("=")
    if not name or int(number) < 0:
        raise ValueError(text)
    return name, int(number)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m pitstop_probe.populate", description=__doc__, fromfile_prefix_chars="@"
    )
    parser.add_argument("app", help="module:name")
    parser.add_argument("--rows", type=int, required=True, help="how many rows tables that grow are to have")
    parser.add_argument("--seed", type=int, default=7, help="the same seed and tables give the same rows")
    parser.add_argument("--url", default="", help="the database; the app's only one where it is not given")
    parser.add_argument(
        "--grow", type=grown, action="append", default=[], metavar="TABLE=N", help="rows of one table"
    )
    parser.add_argument("--report", required=True, help="file to write what was done to")
    arguments = parser.parse_args()
    if start.PROBE is None or start.PROBE.config.databases is None:
        sys.stderr.write("rows are only made where the probe guards which databases are connected to\n")
        return USAGE
    sys.path.insert(0, os.getcwd())
    report = Report()
    try:
        app = load(arguments.app)
    except BaseException:
        traceback.print_exc()
        return UNUSABLE
    try:
        asyncio.run(run(app, arguments, report))
    except UnusableError as error:
        report.error = str(error)
        sys.stderr.write(f"{error}\n")
    report.write(arguments.report)
    return UNUSABLE if report.error else 0


if __name__ == "__main__":
    sys.exit(main())
