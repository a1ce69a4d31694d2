"""Tells an engine to look after its connections, or to keep more of them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.python import Source
from pitstop.patching.rewrite import last_argument
from pitstop.problems.columns import asking
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.engines import Engine, engines
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project

_SERVER = 90
"""Connections that a PostgreSQL of default settings leaves to a service: 100, less 3 for superusers and a few for people."""
_THREADS = 40
"""`def` routes that one process runs at once: AnyIO's limit."""
_DEFAULT = 15
"""`pool_size=5` and `max_overflow=10`: what SQLAlchemy's pools have unless told."""


@dataclass(frozen=True)
class Told:
    """The repair that gives the engine of a finding a setting: `ping` to ask whether connections live, else a size by the processes."""

    ping: bool

    def __call__(self, finding: Finding, project: Project) -> Patch:
        """The engine with its setting. Raises PatchError."""
        engine = _engine(finding, project)
        source = open_source(project, finding.location.path)
        call = node_at(source, ast.Call, finding.location)
        edits = _pinged(source, call, engine) if self.ping else _sized(source, call, engine, project)
        return make_patch(
            finding,
            "Ask whether a connection still lives" if self.ping else "Let the pool have more connections",
            (settle(source, edits),),
            (),
            routes=_routes(project),
            risk="Each connection that is taken out costs a round trip."
            if self.ping
            else "More statements run in the database at once: its locks and memory grow with them.",
            validate="Restart the database while the service runs: no request fails."
            if self.ping
            else "Under load `engine.pool.status()` shows that no connection is waited for.",
            rollback="pitstop undo",
        )


def _engine(finding: Finding, project: Project) -> Engine:
    """The engine of a finding. Raises PatchError."""
    for engine in engines(project, every=True):
        if engine.module.location(engine.call, finding.location.symbol) == finding.location:
            if "poolclass" in (engine.settings or ()):
                raise PatchError("the engine chooses a kind of pool itself: what it is for decides")
            return engine
    raise PatchError("the engine is made elsewhere, and whoever asks for it hands on what it is to be like")


def _pinged(source: Source, call: ast.Call, engine: Engine) -> list[Edit]:
    given = next((k.value for k in call.keywords if k.arg == "pool_pre_ping"), None)
    if isinstance(given, ast.Constant) and given.value is False:
        return [source.edit(source.start(given), source.end(given), "True")]
    if "pool_pre_ping" in (engine.settings or ()):
        raise PatchError("the engine asks already, or a setting decides it")
    return [_given(source, call, "pool_pre_ping=True")]


def _sized(source: Source, call: ast.Call, engine: Engine, project: Project) -> list[Edit]:
    if {"pool_size", "max_overflow"} & set(engine.settings or ()):
        raise PatchError("the engine has a size of its own")
    if engine.may_be_sqlite:
        raise PatchError("the engine may be one of SQLite, some of whose pools take no size")
    serving = project.deployment.serving
    workers = serving.workers if serving is not None else 1
    each = min(_THREADS, _SERVER // workers)
    if each <= _DEFAULT:
        raise PatchError(
            f"{workers} processes with {_DEFAULT} connections each have as many as a PostgreSQL of default settings takes",
            "Put a pooler in front of the database.",
        )
    return [_given(source, call, f"pool_size={each // 2}, max_overflow={each - each // 2}")]


def _given(source: Source, call: ast.Call, text: str) -> Edit:
    """The edit that gives a call one more argument, before those of a dictionary."""
    unpacked = next((k for k in call.keywords if k.arg is None), None)
    if unpacked is None:
        return last_argument(source, call, text)
    at = source.start(unpacked)
    alone = source.begins_line(unpacked)
    return source.edit(
        at, at, f"{text},{source.newline}{_indent(source, unpacked)}" if alone else f"{text}, "
    )


def _indent(source: Source, node: ast.keyword) -> str:
    line = source.line_text(source.line_of(source.start(node)))
    return line[: len(line) - len(line.lstrip())]


def _routes(project: Project) -> tuple[str, ...]:
    """The routes that ask the database: by them a proof sees that it still works."""
    return tuple(
        dict.fromkeys(route for model in project.models.all.values() for route in asking(project, model))
    )
