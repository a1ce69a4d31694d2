"""Write routes without a dependency that asks who is calling, where every other route of the router has one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, SourceEvidence
from pitstop.problems.auth.route_without_auth.guards import Guards
from pitstop.problems.findings import make, merge_places
from pitstop.project.facts import Call, Raise

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.routes import Route

_WRITES = {"POST", "PUT", "PATCH", "DELETE"}
_LEAST = 4
"""Siblings that ask: below this it may be chance."""
_FOR_ANYBODY = re.compile(
    r"\b(?:log ?(?:in|out)|sign ?(?:in|up|out)|regist\w*|tokens?|refresh|passwords?|forgot|reset|verif\w*|confirm\w*"
    r"|activat\w*|(?:web ?)?hooks?|callbacks?|health\w*|ping|alive|live|ready|public|anonym\w*|guests?|invit\w*|accept"
    r"|oauth2?|oidc|sso|saml|scim|otp|mfa|2fa|totp|magic|captcha|csrf|shared?|(?:un)?subscrib\w*|newsletter|contact"
    r"|feedback"
    r"|metrics?|telemetry|track\w*|collect|ingest|setup|install|bootstrap|init\w*|onboard\w*|demo|tests?|debug|auth\w*"
    r"|connect|session|checkout|ipn|slack|stripe|github|echo|version|heartbeat|redeem|claim|rsvp|vote|events?)\b",
    re.IGNORECASE,
)
"""What strangers are meant to call, or another machine with a proof of its own."""
_READS = re.compile(
    r"\b(?:search\w*|quer(?:y|ies)|filter\w*|lists?|look ?up|count|preview|validat\w*|check|calculat\w*|comput\w*"
    r"|convert"
    r"|parse|render|estimat\w*|find|get|fetch|read|suggest\w*|autocomplete|graphql|batch get|view)\b",
    re.IGNORECASE,
)
"""What a POST does that changes nothing: as public as a GET."""


def find(project: Project) -> list[Finding]:
    """One finding for each write route that stands open among guarded ones."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    groups: dict[str, dict[str, list[Route]]] = {}
    for route in project.routes.all:
        if route.kind == "route" and route.router is not None:
            groups.setdefault(route.router.identity, {}).setdefault(route.function.qualname, []).append(route)
    guards = Guards(project)
    for by_function in groups.values():
        handlers = [routes for routes in by_function.values() if not _is_for_anybody(routes[0])]
        if len(handlers) <= _LEAST:
            continue
        lacking = [routes for routes in handlers if not any(guards.required(route) for route in routes)]
        # Two that lack it may be meant; so may one beside others that only read.
        if len(lacking) != 1:
            continue
        routes = lacking[0]
        if not set(routes[0].methods) & _WRITES or _READS.search(_words(routes[0])):
            continue
        router = routes[0].router
        if router is None or guards.is_guarded_around(router) or not all(guards.is_open(r) for r in routes):
            continue
        if _does_nothing(routes[0]):
            continue
        yield _finding(routes, [r for r in handlers if r is not routes], guards)


def _does_nothing(route: Route) -> bool:
    """Whether a handler takes nothing and calls at most for its answer: it says that something has gone."""
    function = route.function
    made = {id(value) for value in function.returns if isinstance(value, Call)}
    raised = {id(s.value) for s in function.statements if isinstance(s, Raise)}
    return not function.node.parameters and all(id(site.node) in made | raised for site in function.calls)


def _is_for_anybody(route: Route) -> bool:
    return bool(_FOR_ANYBODY.search(_words(route)))


def _words(route: Route) -> str:
    """The words of the path, without its parameters, and of the handler's name."""
    return re.sub(
        r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])",
        " ",
        f"{re.sub(r'{[^}]*}', ' ', route.own)} {route.function.name}",
    )


def _finding(routes: list[Route], siblings: list[list[Route]], guards: Guards) -> Finding:
    route = routes[0]
    function = route.function
    writing = sum(bool(set(s[0].methods) & _WRITES) for s in siblings)
    confidence: Confidence = "likely" if writing >= 2 else "possible"
    asked = guards.asked_by_all([s[0] for s in siblings])
    what = f"`{asked}`" if asked else "a login"
    return make(
        problem="route-without-auth",
        domain="auth",
        severity="high",
        confidence=confidence,
        message=(
            f"`{route.name}` asks for no login, while all {len(siblings)} other routes of its router ask for {what}: "
            f"anybody may call `{function.name}`"
        ),
        module=function.module,
        owner=function.qualname,
        node=route.decorator if route.decorator is not None else function.node,
        code="",
        routes=tuple(dict.fromkeys(r.name for r in routes)),
        evidence=(
            SourceEvidence(
                text="neither the route, its router, an including router, the app nor a middleware asks who is calling",
                locations=(function.location, *(s[0].function.location for s in siblings[:3])),
            ),
        ),
        fix_class="decide",
    )
