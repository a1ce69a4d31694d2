"""Builds findings from places in a project, so that every sense names the same place in the same way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import (
    Confidence,
    Domain,
    Evidence,
    Finding,
    FixClass,
    FixOutlook,
    Impact,
    Location,
    Severity,
    SourceEvidence,
    finding_id,
)
from pitstop.project.facts import Call

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach, Step
    from pitstop.project.facts import Node
    from pitstop.project.model import FunctionInfo, Module


def make(
    *,
    problem: str,
    domain: Domain,
    severity: Severity,
    confidence: Confidence,
    message: str,
    module: Module,
    owner: str,
    node: Node,
    code: str | None = None,
    identity: tuple[str, str] | None = None,
    routes: Sequence[str] = (),
    call_path: Sequence[Location] = (),
    evidence: Sequence[Evidence] = (),
    impact: Impact | None = None,
    fix_class: FixClass = "none",
) -> Finding:
    """A finding at a node.

    Its identity is the owner with the text of the node; `code` stands for that text where it would say too much, and
    `identity`, an owner and a text, for both where the cause is elsewhere.
    """
    return Finding(
        id=finding_id(problem, *(identity or (owner, module.text(node) if code is None else code))),
        problem=problem,
        domain=domain,
        severity=severity,
        confidence=confidence,
        message=message,
        location=module.location(node, owner),
        route=routes[0] if routes else "",
        routes=tuple(dict.fromkeys(routes)),
        call_path=tuple(call_path),
        evidence=tuple(evidence) or (SourceEvidence(text=message),),
        impact=impact,
        fix=FixOutlook(fix_class=fix_class),
    )


def route_names(reach: Reach) -> tuple[str, ...]:
    """The names of the routes that reach a function, real routes before middleware and the like."""
    ordered = sorted(reach.routes, key=lambda route: route.kind != "route")
    return tuple(dict.fromkeys(route.name for route in ordered))


def path_of(reach: Reach, steps: Iterable[Step] = ()) -> tuple[Location, ...]:
    """The way from a route's handler or dependency, call by call, to the end of `steps`."""
    return tuple(step.location for step in (*reach.path, *steps))


def head_of(function: FunctionInfo) -> Location:
    """The line of a function's `def`."""
    line, column, *_ = function.node.span
    return msgspec.structs.replace(function.location, end_line=line, end_column=column + 1)


def at_head(finding: Finding, function: FunctionInfo) -> Finding:
    """The finding told at the `def` of a function, where its repair is made; where it was is one of its places."""
    return msgspec.structs.replace(
        finding, location=head_of(function), places=(finding.location, *finding.places)
    )


_SURENESS: dict[Confidence, int] = {"certain": 0, "likely": 1, "possible": 2}


def merge_places(findings: Iterable[Finding]) -> list[Finding]:
    """One finding for each identity: the surest one, the others are its `places`. What is to be decided at one is for all."""
    merged: dict[str, Finding] = {}
    for finding in findings:
        known = merged.get(finding.id)
        if known is None:
            merged[finding.id] = finding
            continue
        first, second = sorted((known, finding), key=lambda one: _SURENESS[one.confidence])
        places = [
            place for place in (*first.places, second.location, *second.places) if place != first.location
        ]
        merged[finding.id] = msgspec.structs.replace(
            first,
            places=tuple(dict.fromkeys(places)),
            routes=tuple(dict.fromkeys((*first.routes, *second.routes))),
            fix=second.fix if second.fix.fix_class == "decide" else first.fix,
        )
    return list(merged.values())


def found_again(finding: Finding, project: Project) -> Finding | None:
    """A finding that only measuring made, where its code stands by now: lines move, the identity does not. None where it is gone."""
    symbol = finding.location.symbol
    app = project.routes.routers.get(symbol)
    if app is not None and app.call is not None and finding_id(finding.problem, symbol, "") == finding.id:
        return msgspec.structs.replace(finding, location=app.module.location(app.call, symbol))
    function = project.index.functions.get(symbol)
    module = function.module if function is not None else project.index.module(symbol)
    if module is None:
        return None
    places = [
        module.location(site.node, symbol)
        for site in (function or module).sites
        if isinstance(site.node, Call)
        and finding_id(finding.problem, symbol, module.text(site.node)) == finding.id
    ]
    if function is not None and finding_id(finding.problem, function.qualname, "") == finding.id:
        places = [head_of(function)]
    if not places:
        return None
    first, *others = places
    return msgspec.structs.replace(finding, location=first, places=tuple(others))
