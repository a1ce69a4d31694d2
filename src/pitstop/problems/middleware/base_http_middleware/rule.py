"""Middleware in the style of `BaseHTTPMiddleware`, counted for each app."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.middleware import Middleware
    from pitstop.project.model import Module

_COST_US = 200
"""Microseconds of CPU that each one adds to a request: pitstop's own measurement."""
_RATIOS = {1: 3.3, 2: 5.0, 3: 7.0, 4: 9.0, 5: 11.0}
"""How many times as many requests a trivial route answers without them; 2 and 4 lie between what was measured."""
_MANY = 3


def find(project: Project) -> list[Finding]:
    """One finding for each app, with the places where such middleware are added to it."""
    return [finding for finding, _ in matches(project)]


def matches(project: Project) -> Iterator[tuple[Finding, list[Middleware]]]:
    """Each finding with the middleware that it counts."""
    every = [m for m in project.middleware.all if m.is_base]
    for app in dict.fromkeys(m.app for m in every):
        added = [m for m in every if m.app == app]
        always = [m for m in added if not m.conditional and not _is_for_debugging(m.module)]
        yield _finding(always or added, sure=bool(always)), always or added


def _is_for_debugging(module: Module) -> bool:
    """`debug_main.py`: an app to be started in a debugger."""
    return "debug" in re.split(r"[/_.]", module.path.lower())


def _why(added: list[Middleware]) -> str:
    if all(_is_for_debugging(m.module) for m in added):
        return "the app is there to be debugged"
    return "a branch decides whether it is added"


def _finding(added: list[Middleware], *, sure: bool) -> Finding:
    first = added[0]
    count = len(added)
    names = ", ".join(f"`{m.last_name}`" for m in added[:5]) + (" and more" if count > 5 else "")
    wraps = "wraps" if count == 1 else "wrap"
    finding = make(
        problem="base-http-middleware",
        domain="middleware",
        severity="low" if not sure else "high" if count >= _MANY else "medium",
        confidence="certain" if sure else "possible",
        message=f"{names} {wraps} every request as `BaseHTTPMiddleware`: about {count * _COST_US} µs of CPU each time",
        module=first.module,
        owner=first.owner,
        node=first.node,
        identity=(first.app, "BaseHTTPMiddleware"),
        routes=tuple(dict.fromkeys(m.route for m in added)),
        evidence=(
            SourceEvidence(
                text=f"each of {count} runs the app in a task of its own and hands its answer on through a stream"
                if count > 1
                else "it runs the app in a task of its own and hands the answer on through a stream"
                + ("" if sure else f"; but {_why(added)}"),
                locations=tuple(m.module.location(m.node, m.owner) for m in added),
            ),
        ),
        impact=Impact(
            text=f"about {count * _COST_US} µs of CPU less for each request, as pure ASGI middleware",
            expected=(1.0, _RATIOS.get(count, _RATIOS[5])),
            source="BaseHTTPMiddleware against pure ASGI on a trivial route: 3.3× (1), 7× (3), 11× (5); about 200 µs each on any"
            " route; pitstop's own measurement",
        ),
        fix_class="proved",
    )
    places = tuple(m.module.location(m.node, m.owner) for m in added[1:])
    return msgspec.structs.replace(finding, places=places)
