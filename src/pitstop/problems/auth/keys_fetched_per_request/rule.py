"""JSON Web Key Sets and OpenID metadata fetched on the way of a request and kept for no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Impact, Severity, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Reach, Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Attr, Call, Const, Expr, Name, children
from pitstop.project.lifetimes import outlives
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site

_KEYS = re.compile(
    r"jwks|openid.?config|well.known/(?:oauth|openid)|oauth2/v[123]/certs|openid-connect/certs|signing.?keys?.?ur[il]",
    re.IGNORECASE,
)
_KEPT = re.compile(
    r"cache|memo(?!ry)|expir|ttl|last_fetch|fetched_at|refresh_after|updated_at", re.IGNORECASE
)
_FETCHES = {
    "google.oauth2.id_token.verify_oauth2_token": "fetches Google's certificates at each call",
    "google.oauth2.id_token.verify_firebase_token": "fetches Google's certificates at each call",
    "httpx_oauth.clients.openid.OpenID": "fetches the provider's metadata when it is built",
    "jwt.PyJWKClient": "remembers keys, but is built anew and so fetches them each time",
    "jwt.jwks_client.PyJWKClient": "remembers keys, but is built anew and so fetches them each time",
}
"""From the sources of google-auth, httpx-oauth and PyJWT."""
_IMPACT = Impact(
    text="a round trip to the identity provider on every request, and its failures with it",
    source="a token served from a cache was verified about 1000 times as fast as one decoded anew, without any network; pitstop's own"
    " measurement",
)
_WAITS = {"blocks", "waits"}
_EVERYONE = 3


def find(project: Project) -> list[Finding]:
    """One finding for each place that fetches keys or metadata for each request."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    telling = {
        path for path, module in project.index.by_path.items() if _may_tell(module.source.text.lower())
    }
    for function in project.functions:
        if function.module.path not in telling:
            continue
        for site, what, why in _fetches(project, function):
            reach = project.calls.reach(function, site)
            if reach is None or any(is_memoised(f) for f in (function, *(s.function for s in reach.path))):
                continue
            if _is_kept(function, site, reach):
                continue
            yield _finding(function, site, reach, what, why)


def _may_tell(text: str) -> bool:
    words = ("jwks", "openid", "well-known", "well_known", "certs", "signing", "pyjwkclient", "id_token")
    return any(word in text for word in words)


def _fetches(project: Project, function: FunctionInfo) -> Iterator[tuple[Site, str, str]]:
    """The calls of a function that fetch keys: what is called, and why that fetches."""
    for site in function.calls:
        call = site.node
        assert isinstance(call, Call)
        if site.in_lambda or not _may_fetch(call):
            continue
        name = project.calls.external_name(call, function)
        if name in _FETCHES:
            yield site, name, _FETCHES[name]
            continue
        known = next((s.known for s in project.calls.sinks(function) if s.site is site), None)
        if known is None or known.category != "http" or known.kind not in _WAITS:
            continue
        address = next(
            (a for a in (*call.args, *(k.value for k in call.keywords)) if _tells_keys(project, a, function)),
            None,
        )
        if address is not None:
            yield site, name, "fetches them from the provider"


_LAST = {
    "get",
    "request",
    "urlopen",
    "send",
    "stream",
    "PyJWKClient",
    "OpenID",
    "verify_oauth2_token",
    "verify_firebase_token",
}


def _may_fetch(call: Call) -> bool:
    return (call.func.attr if isinstance(call.func, Attr) else getattr(call.func, "id", "")) in _LAST


def _tells_keys(project: Project, expr: Expr, function: FunctionInfo, depth: int = 0) -> bool:
    """Whether an address names a key set or OpenID metadata, by its text or by the names it is made of."""
    if depth > 2:
        return False
    stack = [expr]
    while stack:
        current = stack.pop()
        text = ""
        if isinstance(current, Const):
            text = current.value if isinstance(current.value, str) else ""
        elif isinstance(current, Attr):
            text = current.attr
        elif isinstance(current, Name):
            text = current.id
            values = [b.value for b in function.bindings.get(current.id, ()) if b.how == "value"]
            if not values:
                known = project.index.member(function.module, current.id)
                values = [known.value] if known is not None and known.how == "value" else []
            if any(v is not None and _tells_keys(project, v, function, depth + 1) for v in values):
                return True
        if _KEYS.search(text):
            return True
        stack.extend(children(current))
    return False


def _is_kept(function: FunctionInfo, site: Site, reach: Reach) -> bool:
    """Whether what was fetched is kept for later requests, or only fetched where nothing is kept yet."""
    if outlives(function, site.node):
        return True
    for step in (*reach.path, Step(function, site)):
        if any(_KEPT.search(name) for name in _names_in(step.function)):
            return True
    return False


def _names_in(function: FunctionInfo) -> Iterator[str]:
    yield function.qualname
    for site in function.sites:
        if isinstance(site.node, Name):
            yield site.node.id
        elif isinstance(site.node, Attr):
            yield site.node.attr


def _finding(function: FunctionInfo, site: Site, reach: Reach, what: str, why: str) -> Finding:
    guards = _guards_all(function, reach)
    routes = route_names(reach)
    confidence: Confidence = "likely" if guards or len(routes) >= _EVERYONE else "possible"
    severity: Severity = "high" if guards else "medium" if len(routes) >= _EVERYONE else "low"
    confidence, severity, doubt = weigh(reach, (Step(function, site),), confidence, severity)
    shown = what.rpartition(".")[2]
    seen = f"`{shown}` {why}" if what in _FETCHES else f"`{what}` asks the identity provider"
    return make(
        problem="keys-fetched-per-request",
        domain="auth",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` fetches signing keys or provider metadata for every request: `{shown}`",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        routes=routes,
        call_path=path_of(reach),
        evidence=(
            SourceEvidence(
                text=f"{seen}; nothing here keeps the answer" + (f"; but {doubt}" if doubt else ""),
                locations=(function.at(site.node),),
            ),
        ),
        impact=_IMPACT,
        fix_class="proved",
    )


def _guards_all(function: FunctionInfo, reach: Reach) -> bool:
    """Whether it is reached through a dependency or a middleware, and not from a handler that logs somebody in."""
    entry = reach.path[0].function if reach.path else function
    return any(route.kind == "middleware" or entry in route.dependencies for route in reach.routes)
