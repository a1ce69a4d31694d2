"""Engines of server databases that keep too few connections, dead ones, or none; and pool settings that one of two engines lacks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Evidence, Finding, Impact, Severity, SourceEvidence, TraceEvidence
from pitstop.problems.database.pool_misfit.unapplied import unapplied
from pitstop.problems.engines import Engine, engines
from pitstop.problems.findings import make, merge_places
from pitstop.project.facts import Const, Expr, dotted
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project

_NO_POOL = Impact(
    text="no connect and log-in on every request",
    expected=(12.0, 12.0),
    source="NullPool against a pool, PostgreSQL: pitstop's own measurement",
)
_POOLERS = (
    "pgbouncer",
    "pgcat",
    "supavisor",
    "lambda",
    "mangum",
    "serverless",
    "pooler",
    "rds proxy",
    "rds_proxy",
)
_SIZES = {"pool_size", "max_overflow"}


def find(project: Project) -> list[Finding]:
    """One finding for each engine whose pool does not fit, and for each call that leaves out the settings of its siblings."""
    if not any(module.says("fastapi") for module in project.index.by_path.values()):
        return []
    return merge_places((*_engines(project), *unapplied(project)))


def _engines(project: Project) -> Iterator[Finding]:
    every = [engine for engine in engines(project) if engine.settings is not None]
    sized = [engine for engine in every if _SIZES & set(engine.settings or ())]
    by_owner: dict[str, list[Engine]] = defaultdict(list)
    for engine in every:
        by_owner[_owner(engine)].append(engine)
    for group in by_owner.values():
        # Branches for several databases in one function: what one of them says tells that the others were thought of.
        said = {name for engine in group for name in engine.settings or ()}
        yield from (_without_pool(project, e) for e in group if _is_null(e) and not _has_pooler(project))
        plain = [e for e in group if "poolclass" not in said and "pool" not in said and "creator" not in said]
        for engine in plain[:1]:
            lacks = _lacking(engine, said)
            if lacks:
                yield _untended(engine, lacks, [e for e in sized if e is not engine])


def _is_null(engine: Engine) -> bool:
    given = (engine.settings or {}).get("poolclass")
    return not engine.conditional and dotted(given).rpartition(".")[2] == "NullPool"


def _has_pooler(project: Project) -> bool:
    return any(
        word in module.source.text.lower()
        for module in project.index.by_path.values()
        if module.says("NullPool") or "engine" in module.path
        for word in _POOLERS
    )


def _lacking(engine: Engine, said: set[str]) -> tuple[str, ...]:
    lacks = []
    ping = (engine.settings or {}).get("pool_pre_ping")
    if _is_false(ping) if "pool_pre_ping" in said else True:
        lacks.append("ping")
    if not _SIZES & said:
        lacks.append("size")
    if "ping" in lacks and "pool_recycle" in said:
        lacks.append("recycles")
    return tuple(lacks)


def _is_false(expr: Expr | None) -> bool:
    return isinstance(expr, Const) and expr.value is False


def _untended(engine: Engine, lacks: tuple[str, ...], sized: list[Engine]) -> Finding:
    told = []
    if "ping" in lacks:
        told.append("hands out connections that the database may have closed meanwhile (no `pool_pre_ping`)")
    if "size" in lacks:
        told.append("keeps the default pool of 5 connections and 10 more")
    confidence: Confidence = "possible"
    severity: Severity = "low"
    # Who makes an engine in a function may make many, or let it go soon.
    alone = not isinstance(engine.scope, FunctionInfo)
    if alone and "ping" in lacks and "size" in lacks and "recycles" not in lacks and not engine.may_be_sqlite:
        confidence, severity = "likely", "medium"
    others = tuple(e.module.location(e.call) for e in sized) if "size" in lacks else ()
    evidence = [
        SourceEvidence(
            text="a restart or an idle limit of the database then costs requests an error; with 15 connections the other requests wait,"
            " and fail after `pool_timeout` (30 s)",
            locations=(engine.module.location(engine.call),),
        )
    ]
    if others:
        evidence.append(SourceEvidence(text="another engine of this service sets its pool", locations=others))
    return _make(engine, "untended", f"the engine {' and '.join(told)}", confidence, severity, evidence, None)


def _without_pool(project: Project, engine: Engine) -> Finding:
    del project
    text = "`NullPool` connects and logs in for every session; nothing in the code tells of a pooler in front of the database"
    return _make(
        engine,
        "null-pool",
        "the engine has no pool (`NullPool`): every request connects anew",
        "likely",
        "high",
        [SourceEvidence(text=text, locations=(engine.module.location(engine.call),))],
        _NO_POOL,
    )


def told(engine: Engine, code: str, message: str, evidence: list[TraceEvidence]) -> Finding:
    """A finding at an engine, of what was measured of its pool."""
    return _make(engine, code, message, "certain", "medium", evidence, None)


def _owner(engine: Engine) -> str:
    if isinstance(engine.scope, FunctionInfo):
        return engine.scope.qualname
    return f"{engine.module.name}.{engine.name}"


def _make(
    engine: Engine,
    code: str,
    message: str,
    confidence: Confidence,
    severity: Severity,
    evidence: Sequence[Evidence],
    impact: Impact | None,
) -> Finding:
    return make(
        problem="pool-misfit",
        domain="database",
        severity=severity,
        confidence=confidence,
        message=message,
        module=engine.module,
        owner=_owner(engine),
        node=engine.call,
        code=code,
        evidence=evidence,
        impact=impact,
        fix_class="decide",
    )
