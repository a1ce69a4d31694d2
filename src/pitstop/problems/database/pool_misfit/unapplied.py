"""Pool settings that some callers of an engine factory hand over and the one within requests does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, SourceEvidence
from pitstop.problems.engines import MAKERS, is_elsewhere
from pitstop.problems.findings import make, path_of, route_names
from pitstop.project.facts import Call, Dict, Expr, string

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_POOL = {"pool_size", "max_overflow"}


def unapplied(project: Project) -> Iterator[Finding]:
    """One finding for each call on a request path that leaves out the pool settings its siblings give."""
    giving: dict[str, list[tuple[FunctionInfo, Call, str]]] = defaultdict(list)
    for function in project.functions:
        if not function.module.says("max_overflow") and not function.module.says("pool_size"):
            continue
        if is_elsewhere(function.module.path):
            continue
        for site in function.calls:
            assert isinstance(site.node, Call)
            name = _pool_keyword(site.node)
            if name:
                for target in project.calls.targets(site.node, function):
                    # A class that takes a pool size of its own says nothing about engines.
                    if _makes_engines(project, target):
                        giving[target.qualname].append((function, site.node, name))
    if not giving:
        return
    words = {name.rpartition(".")[2] for name in giving}
    for function in project.functions:
        reach = project.calls.reach(function)
        if reach is None:
            continue
        for site in function.calls:
            call = site.node
            assert isinstance(call, Call)
            written = getattr(call.func, "attr", "") or getattr(call.func, "id", "")
            renamed = any(
                b.target.rpartition(".")[2] in words for b in function.module.bindings.get(written, ())
            )
            if (written not in words and not renamed) or any(k.name is None for k in call.keywords):
                continue
            for target in project.calls.targets(call, function):
                siblings = giving.get(target.qualname, [])
                names = {name for _, _, name in siblings}
                if siblings and not names & {k.name for k in call.keywords}:
                    yield make(
                        problem="pool-misfit",
                        domain="database",
                        severity="medium",
                        confidence="possible",
                        message=f"`{function.name}` gets its engine from `{target.name}` without the pool settings given elsewhere",
                        module=function.module,
                        owner=function.qualname,
                        node=call,
                        code="unapplied",
                        routes=route_names(reach),
                        call_path=path_of(reach),
                        evidence=(
                            SourceEvidence(
                                text=f"`{target.name}` is given `{siblings[0][2]}` here, and not where requests get their sessions",
                                locations=tuple(f.at(c) for f, c, _ in siblings),
                            ),
                        ),
                        fix_class="decide",
                    )


def _makes_engines(project: Project, function: FunctionInfo, depth: int = 0) -> bool:
    if any(
        project.calls.external_name(s.node, function) in MAKERS
        for s in function.calls
        if isinstance(s.node, Call)
    ):
        return True
    return depth < 3 and any(
        edge.kind == "call" and _makes_engines(project, edge.target, depth + 1)
        for edge in project.calls.edges(function)
    )


def _pool_keyword(call: Call) -> str:
    """The keyword of a call that holds pool settings: `pool_size=...`, or a dictionary with it."""
    for keyword in call.keywords:
        if keyword.name in _POOL or (keyword.name is not None and _POOL & _keys(keyword.value)):
            return keyword.name or ""
    return ""


def _keys(expr: Expr) -> set[str]:
    if isinstance(expr, Dict):
        return {string(key) for key in expr.keys}
    if isinstance(expr, Call) and getattr(expr.func, "id", "") == "dict":
        return {k.name or "" for k in expr.keywords}
    return set()
