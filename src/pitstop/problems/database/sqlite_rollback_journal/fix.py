"""Sets SQLite's connections up with a write-ahead log: beside what sets them up already, or in a listener of their engine."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.patching.statements import insert_after
from pitstop.problems.chains import name_of
from pitstop.problems.editing import free_name, is_annotated, node_at, open_source
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project

_LOG = "PRAGMA journal_mode=WAL"
_NORMAL = "PRAGMA synchronous=NORMAL"


@dataclass(frozen=True)
class Told:
    """The repair that asks for a write-ahead log; `normal`: and for commits that do not wait until the disk has them."""

    normal: bool

    def __call__(self, finding: Finding, project: Project) -> Patch:
        """The connections, set up. Raises PatchError."""
        source = open_source(project, finding.location.path)
        call = node_at(source, ast.Call, finding.location)
        wanted = (_LOG, _NORMAL) if self.normal else (_LOG,)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "execute":
            edits = _beside(source, call, wanted)
        else:
            edits = _listener(source, call, wanted)
        return make_patch(
            finding,
            "Keep a write-ahead log" + (" that commits do not wait for" if self.normal else ""),
            (settle(source, edits),),
            (),
            risk="`-wal` and `-shm` lie beside the database: a copy of its file alone lacks the last commits, and processes on other machines cannot share it."
            + (
                " What was committed just before the power fails may be gone; the database stays whole."
                if self.normal
                else ""
            ),
            validate="`PRAGMA journal_mode` says `wal`. Requests that read do not wait for one that writes.",
            rollback="pitstop undo, and once `PRAGMA journal_mode=DELETE`: the database remembers its mode.",
        )


def _beside(source: Source, call: ast.Call, wanted: tuple[str, ...]) -> list[Edit]:
    """The statement that sets something up, again for each thing that is wanted."""
    statement = source.statement(call)
    if not isinstance(statement, ast.Expr) or statement.value is not call:
        raise PatchError(f"{source.path}:{call.lineno}: what the setting gives is used")
    given = call.args[0]
    if not isinstance(given, ast.Constant):
        raise PatchError(f"{source.path}:{call.lineno}: the setting is not written out")
    before = source.data[source.start(statement) : source.start(given)].decode()
    after = source.data[source.end(given) : source.end(statement)].decode()
    quote = source.segment(given)[0]
    if quote not in "\"'":
        raise PatchError(f"{source.path}:{call.lineno}: the setting is written with a prefix")
    lines = [f"{before}{quote}{each}{quote}{after}" for each in wanted]
    return insert_after(source, statement, "\n".join(lines))


def _listener(source: Source, call: ast.Call, wanted: tuple[str, ...]) -> list[Edit]:
    """A listener below the engine, in the manner of SQLAlchemy's documentation."""
    statement = source.statement(call)
    names = statement.targets if isinstance(statement, ast.Assign) else []
    if len(names) != 1 or not isinstance(names[0], ast.Name) or statement not in source.tree.body:
        raise PatchError(
            f"{source.path}:{call.lineno}: the engine is made within a function, and who uses it has to set its connections up"
        )
    engine = names[0].id
    if name_of(call) == "create_async_engine":
        engine += ".sync_engine"
    imports, event = ensure_import(source, "sqlalchemy", "event", at=statement)
    name = free_name(source, statement, "use_write_ahead_log")
    quote, unit = source.quote, source.indent_unit
    hints: tuple[str, str, str] = ("", "", "")
    if is_annotated(source):
        more, kind = ensure_import(source, "typing", "Any", at=statement)
        imports += more
        hints = (f": {kind}", f": {kind}", " -> None")
    lines = [
        f"@{event}.listens_for({engine}, {quote}connect{quote})",
        f"def {name}(connection{hints[0]}, _record{hints[1]}){hints[2]}:",
        f"{unit}cursor = connection.cursor()",
        *(f"{unit}cursor.execute({quote}{each}{quote})" for each in wanted),
        f"{unit}cursor.close()",
    ]
    at = source.line_start(source.line_of(source.end(statement)) + 1)
    below = source.data[at:].decode()
    blank = len(below) - len(below.lstrip("\r\n"))
    missing = max(0, 2 - blank // len(source.newline)) if below.strip() else 0
    text = "\n\n" + "\n".join(lines) + "\n" + "\n" * missing
    return [*imports, source.edit(at, at, text.replace("\n", source.newline))]
