"""How the database means to carry a statement out: its plan, asked for right after the statement ran and never run itself.

SQLite: `EXPLAIN QUERY PLAN`. PostgreSQL: `EXPLAIN (FORMAT JSON)` within a savepoint. No value of a parameter is written.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from . import beside
from .beside import Aside
from .request import Request
from .work import READING

if TYPE_CHECKING:
    from .state import Probe

Read = dict[str, Any]
"""One step that reads a table: `how` (`scan` or `search`), `table`, and where known `alias`, `index`, `by`, `rows`."""
Step = dict[str, Any]
"""One step of the whole plan, as a tree is printed: `depth`, `text` without values, and `rows` where the planner says how many it expects."""

ASKED_AT = frozenset({1, 4, 32})
"""Which executions of a text are asked about: tables grow while tests run, and each test may have a database of its own."""
MOST_TEXTS = 20_000
MOST_STEPS = 100

_STEP = re.compile(
    r"(?P<how>SCAN|SEARCH)\s+(?:TABLE\s+)?(?P<table>[\w$]+)(?:\s+AS\s+(?P<alias>[\w$]+))?"
    r"(?:\s+USING\s+(?P<using>.*))?\s*$",
    re.IGNORECASE,
)
_USING = re.compile(
    r"(?P<automatic>AUTOMATIC\s+)?(?:PARTIAL\s+)?(?:COVERING\s+)?(?:INDEX(?:\s+(?P<index>[^\s(]+))?|INTEGER\s+PRIMARY\s+KEY)"
    r"(?:\s*\((?P<by>.*)\))?",
    re.IGNORECASE,
)
_COMPARED = re.compile(r"(?:^|AND\s+)\(*\s*([\w$]+)\s*\)*\s*(?:=|<|>|IN\b|IS\b)", re.IGNORECASE)
_NO_TABLE = frozenset({"SUBQUERY", "CONSTANT"})
_TEXT = re.compile(r"'(?:[^']|'')*'")
_LED_BY = re.compile(
    r"(?:^|[(\s])(?:[\w$]+\.)?\"?([\w$]+)\"?\)?(?:::[\w ]+?)?\s*(?:=|<|>|~|IS\b)", re.IGNORECASE
)


class Plans:
    """Asks for the plan of each statement text a few times."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._seen: dict[int, int] = {}
        """By the hashes of the texts, which may be long."""
        self._written: set[int] = set()

    def after(
        self, request: Request, operation: str, dialect: Any, context: Any, sql: str, given: Any
    ) -> None:
        """A statement has run, or failed; its plan is written where it can be asked for without anybody noticing."""
        if operation not in READING or len(self._seen) > MOST_TEXTS:
            return
        known = hash(sql)
        seen = self._seen[known] = self._seen.get(known, 0) + 1
        if (
            seen not in ASKED_AT
            or sys.exc_info()[0] is not None
            or getattr(context, "_is_server_side", False)
        ):
            return
        work = request.work
        with Aside(request):
            try:
                self._ask(dialect.name, beside.connection_of(context), sql, given)
            finally:
                request.work = work

    def _ask(self, name: str, connection: Any, sql: str, given: Any) -> None:
        found: tuple[list[Read], int, list[Step]] | None = None
        if name == "sqlite":
            try:
                rows = beside.query(connection, "EXPLAIN QUERY PLAN " + sql, given)
            except Exception:
                return  # several statements in one text, or what only this text can do
            found = (*sqlite([row[3] for row in rows]), sqlite_steps(rows))
        elif name == "postgresql":
            found = _ask_postgresql(connection, sql, given)
        if found is None:
            return
        reads, sorts, steps = found
        record = {
            "type": "plan",
            "database": name,
            "sql": sql,
            "reads": reads,
            "sorts": sorts,
            "steps": steps[:MOST_STEPS],
        }
        text = json.dumps(record, separators=(",", ":"))
        if hash(text) not in self._written:
            self._written.add(hash(text))
            self._probe.output.put_text(text)


def sqlite(details: list[str]) -> tuple[list[Read], int]:
    """The reading steps and the number of sorts of a plan of SQLite's. An automatic index is made by a scan each time."""
    reads: list[Read] = []
    sorts = 0
    for detail in details:
        if detail.startswith("USE TEMP B-TREE FOR"):
            sorts += "ORDER BY" in detail
            continue
        step = _STEP.match(detail)
        if step is None or step["table"].upper() in _NO_TABLE or step["table"].isdigit():
            continue
        read: Read = {"how": step["how"].lower(), "table": step["table"]}
        if step["alias"]:
            read["alias"] = step["alias"]
        using = _USING.match(step["using"] or "")
        if using is not None:
            if using["automatic"]:
                read["how"] = "scan"
            elif using["index"]:
                read["index"] = using["index"]
            if using["by"] and not using["automatic"]:
                read["by"] = _COMPARED.findall(using["by"])
        reads.append(read)
    return reads, sorts


def sqlite_steps(rows: list[Any]) -> list[Step]:
    """All steps of a plan of SQLite's, whose rows are `(id, parent, ?, detail)`, a parent before its children. It shows no values."""
    depths: dict[int, int] = {}
    steps: list[Step] = []
    for number, parent, _, detail in rows:
        depths[number] = depths.get(parent, -1) + 1
        steps.append({"depth": depths[number], "text": detail})
    return steps


def _ask_postgresql(connection: Any, sql: str, given: Any) -> tuple[list[Read], int, list[Step]] | None:
    state = beside.transaction(connection)
    if state not in (beside.OPEN, beside.AUTOCOMMIT):
        return None
    is_open = state == beside.OPEN
    if is_open:
        beside.query(connection, "SAVEPOINT pitstop_plan")
    failed = True
    try:
        (row,) = beside.query(connection, "EXPLAIN (FORMAT JSON) " + sql, given)
        plan = row[0] if isinstance(row[0], list) else json.loads(row[0])
        reads, sorts = postgresql(plan[0]["Plan"])
        _add_rows(connection, reads)
        failed = False
        return reads, sorts, list(postgresql_steps(plan[0]["Plan"]))
    except Exception:
        return None  # some texts cannot be explained
    finally:
        if is_open:
            if failed:
                beside.query(connection, "ROLLBACK TO SAVEPOINT pitstop_plan")
            beside.query(connection, "RELEASE SAVEPOINT pitstop_plan")


def postgresql(plan: dict[str, Any]) -> tuple[list[Read], int]:
    """The reading steps and the number of sorts of a plan of PostgreSQL's."""
    reads: list[Read] = []
    sorts = 0
    for node, table in _nodes(plan, {}):
        kind = node.get("Node Type", "")
        if kind in ("Sort", "Incremental Sort"):
            sorts += 1
        name = table.get("Relation Name")
        if name is None or kind == "Bitmap Heap Scan":
            continue
        condition = node.get("Index Cond", "")
        if kind == "Seq Scan":
            read: Read = {"how": "scan", "table": name}
        elif kind in ("Index Scan", "Index Only Scan", "Bitmap Index Scan"):
            by = _LED_BY.findall(_TEXT.sub("?", condition))
            read = {"how": "search" if by else "scan", "table": name, "index": node.get("Index Name", "")}
            if by:
                read["by"] = list(dict.fromkeys(by))
        else:
            continue
        alias = table.get("Alias", name)
        if alias != name:
            read["alias"] = alias
        reads.append(read)
    return reads, sorts


def postgresql_steps(node: dict[str, Any], depth: int = 0) -> Iterator[Step]:
    """All steps of a plan of PostgreSQL's. Conditions are left out: values stand in them."""
    text = node.get("Node Type", "")
    for word, name in (("using", "Index Name"), ("on", "Relation Name")):
        if name in node:
            text += f" {word} {node[name]}"
    if node.get("Alias", node.get("Relation Name")) != node.get("Relation Name"):
        text += f" {node['Alias']}"
    yield {"depth": depth, "text": text, "rows": int(node.get("Plan Rows", 0))}
    for each in node.get("Plans", ()):
        yield from postgresql_steps(each, depth + 1)


def _nodes(node: dict[str, Any], table: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """All nodes, each with the node that names its table: a bitmap's index scan stands below the one that does."""
    own = node if "Relation Name" in node else table if node.get("Node Type", "").startswith("Bitmap") else {}
    yield node, own
    below = own if node.get("Node Type", "").startswith("Bitmap") else {}
    for each in node.get("Plans", ()):
        yield from _nodes(each, below)


def _add_rows(connection: Any, reads: list[Read]) -> None:
    """How many rows the scanned tables have, as the planner knows it."""
    tables = {read["table"] for read in reads if read["how"] == "scan"}
    if not tables:
        return
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in sorted(tables))
    counted = beside.query(
        connection,
        "SELECT relname::text, reltuples::bigint FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p', 'm') "
        f"AND pg_catalog.pg_table_is_visible(oid) AND relname IN ({names})",
    )
    rows = {name: count for name, count in counted if count >= 0}
    for read in reads:
        if read["how"] == "scan" and read["table"] in rows:
            read["rows"] = rows[read["table"]]
