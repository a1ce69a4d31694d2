"""Synchronous generators that hand a streamed answer over row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make, path_of, route_names
from pitstop.project.calls import Reach, Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Call, Comp, Expr, For, Name, Seq, Sub, Yield
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import Site

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.inference import Scope

IMPACT = Impact(
    text="CPU of handing the answer over",
    expected=(10.0, 80.0),
    source="10 000 short rows: 47 µs of CPU a row one by one, 0.6 µs in chunks of a hundred, "
    "Starlette 1.10; pitstop's own measurement",
)


def find(project: Project) -> list[Finding]:
    """One finding for each generator whose rows are sent one by one."""
    merged: dict[str, Finding] = {}
    for finding in _find(project):
        known = merged.get(finding.id, finding)
        # One generator may serve several routes.
        routes = tuple(dict.fromkeys((*known.routes, *finding.routes)))
        merged[finding.id] = msgspec.structs.replace(known, routes=routes)
    return list(merged.values())


def _find(project: Project) -> Iterator[Finding]:
    for function in project.functions:
        if not function.module.says("StreamingResponse"):
            continue
        for site in function.calls:
            call = site.node
            assert isinstance(call, Call)
            name = project.types.type_of(call.func, function).name
            if name.rpartition(".")[2] != "StreamingResponse" or not name.startswith(
                ("fastapi.", "starlette.")
            ):
                continue
            reach = project.calls.reach(function, site)
            source = _source(project, call.argument(0, "content"), function)
            if reach is not None and source is not None:
                yield _finding(function, site, reach, *source)


def _source(
    project: Project, content: Expr | None, function: FunctionInfo
) -> tuple[FunctionInfo, Expr] | None:
    """What makes the rows of a streamed answer one by one, and the function it stands in."""
    if isinstance(content, Name):
        values = function.bindings.get(content.id, [])
        if len(values) != 1 or values[0].how != "value":
            return None
        content = values[0].value
    if isinstance(content, Comp):
        first = content.generators[0]
        alone = content.kind == "generator" and not first.is_async
        return (
            (function, content)
            if alone and is_list(project, _without_numbers(first.iter), function)
            else None
        )
    if not isinstance(content, Call):
        return None
    found = project.types.type_of(content.func, function)
    made = project.index.functions.get(found.name) if found.kind == "function" else None
    if made is None or made.is_async:
        return None
    if made.node.returns is not None and "bytes" in made.module.text(made.node.returns):
        # Pieces of a file, a thread for each of which is cheap beside reading it.
        return None
    handed = given(made, content)
    for site in made.sites:
        if isinstance(site.node, Yield) and _is_each_row(project, made, site, handed, function):
            return made, site.node
    return None


def given(made: FunctionInfo, call: Call) -> dict[str, Expr]:
    """What a call gives for the parameters of a generator."""
    named = {k.name: k.value for k in call.keywords if k.name is not None}
    parameters = made.node.parameters[1:] if made.owner is not None else made.node.parameters
    return {**{p.name: a for p, a in zip(parameters, call.args, strict=False)}, **named}


def _is_each_row(
    project: Project, made: FunctionInfo, site: Site, given: dict[str, Expr], caller: FunctionInfo
) -> bool:
    """Whether a `yield` runs in every turn of a loop over a list of rows, built there or by the caller."""
    if not site.loops or site.conditional or site.rescue:
        return False
    for loop in site.loops:
        if not isinstance(loop, For) or loop.is_async:
            return False
        rows = _without_numbers(loop.iter)
        handed = given.get(rows.id) if isinstance(rows, Name) else None
        if not (is_list(project, rows, made) or (handed and is_list(project, handed, caller))):
            return False
    return True


def _without_numbers(expr: Expr) -> Expr:
    """What `enumerate` goes through."""
    if isinstance(expr, Call) and getattr(expr.func, "id", "") == "enumerate" and expr.args:
        return expr.args[0]
    return expr


def is_list(project: Project, expr: Expr, function: Scope) -> bool:
    """Whether this is a list in memory, as long as the data is; not one written out, nor a part of one."""
    if isinstance(expr, Name):
        bound = function.bindings.get(expr.id, ())
        if any(isinstance(b.value, (Seq, Sub)) for b in bound):
            return False
    if isinstance(expr, (Seq, Sub)):
        return False
    found = project.types.type_of(expr, function)
    # Parts of a file or of a text are chunks as they are.
    return found.name == "list" and not (found.args and found.args[0].name in {"bytes", "bytearray"})


def _finding(function: FunctionInfo, site: Site, reach: Reach, maker: FunctionInfo, node: Expr) -> Finding:
    step = Step(function, site)
    confidence, severity, why = weigh(reach, (step,), "likely", "medium")
    return make(
        problem="callback-runs-sync-in-stream",
        domain="async",
        severity=severity,
        confidence=confidence,
        message=f"`{maker.name}` streams row by row: each row goes to a thread and back, about "
        "0.5 s of CPU for 10 000 rows",
        module=maker.module,
        owner=maker.qualname,
        node=node,
        routes=route_names(reach),
        call_path=path_of(reach, (step,)),
        evidence=(
            SourceEvidence(
                text="Starlette asks a synchronous generator for each part in a thread, "
                "and this one gives a part for each item of a list" + (f"; but {why}" if why else ""),
                locations=(maker.at(node), function.at(site.node)),
            ),
        ),
        impact=IMPACT,
        fix_class="proved",
    )
