"""JSON Web Tokens decoded without a check of their signature, on the way of a request that checks it nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Severity, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Reach, Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Assign, Attr, Call, Const, Dict, Expr, Name, Seq, Sub, children, string
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import Site

if TYPE_CHECKING:
    from pitstop.project import Project

_DECODES = {"jwt.decode", "jwt.api_jwt.decode", "jwt.decode_complete", "jose.jwt.decode", "jwt.PyJWT.decode"}
_NEVER = {"jose.jwt.get_unverified_claims"}
_VERIFIES = {
    "jose.jws.verify",
    "authlib.jose.jwt.decode",
    "joserfc.jwt.decode",
    "jwcrypto.jwt.JWT",
    "google.oauth2.id_token.verify_oauth2_token",
    "google.oauth2.id_token.verify_token",
    "firebase_admin.auth.verify_id_token",
}
_ABOUT_THE_TOKEN = {"exp", "iss", "kid", "iat", "nbf", "aud", "alg", "azp", "tid", "typ"}
"""Claims that say which key is asked for or how old the token is, not who sends it."""
_FROM_PROVIDER = {"id_token", "access_token", "refresh_token"}
_NEAR = 2


def find(project: Project) -> list[Finding]:
    """One finding for each place that believes a token which nothing on the way of the request verifies."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    telling = {
        path
        for path, module in project.index.by_path.items()
        if module.says("decode") or module.says("unverified")
    }
    decoding = {
        function.qualname: list(_decodes(project, function))
        for function in project.functions
        if function.module.path in telling
    }
    for function in project.functions:
        for site, verifies in decoding.get(function.qualname, ()):
            if verifies is not False:
                continue
            reach = project.calls.reach(function, site)
            if reach is None or _is_verified_near(project, function, reach, decoding):
                continue
            if _is_beside_verification(reach, decoding):
                continue
            if not _tells_of_the_token_only(function, site):
                yield _finding(function, site, reach)


def _decodes(project: Project, function: FunctionInfo) -> Iterator[tuple[Site, bool | None]]:
    """The decoding calls of a function, and whether they verify; None where it is not known."""
    for site in function.calls:
        call = site.node
        assert isinstance(call, Call)
        last = call.func.attr if isinstance(call.func, Attr) else getattr(call.func, "id", "")
        if not ("decode" in last or "verif" in last or last == "JWT"):
            continue
        name = project.calls.external_name(call, function)
        if name in _NEVER:
            yield site, False
        elif name in _VERIFIES or last in {"verify_token", "verify_jwt", "decode_token", "validate_token"}:
            yield site, True
        elif name in _DECODES:
            yield site, _verifies(call, function)


def _verifies(call: Call, function: FunctionInfo) -> bool | None:
    if any(k.name is None for k in call.keywords):
        return None
    switch = call.keyword("verify")
    if isinstance(switch, Const) and switch.value is False:
        return False
    algorithms = call.argument(2, "algorithms")
    listed = algorithms.items if isinstance(algorithms, Seq) else ()
    if listed and all(string(item).lower() == "none" for item in listed):
        return False
    options = call.keyword("options")
    if isinstance(options, Name):
        bound = function.bindings.get(options.id) or function.module.bindings.get(options.id) or []
        options = bound[0].value if len(bound) == 1 else options
    if isinstance(options, Dict):
        for key, value in zip(options.keys, options.values, strict=True):
            if string(key) == "verify_signature":
                return value.value is not False if isinstance(value, Const) else None
        return True
    return True if options is None else None


def _is_verified_near(
    project: Project,
    function: FunctionInfo,
    reach: Reach,
    decoding: dict[str, list[tuple[Site, bool | None]]],
) -> bool:
    """Whether something on the way of these requests verifies a token: before, after, or in a dependency beside it."""
    around = {f.qualname: f for f in (function, *(step.function for step in reach.path))}
    for route in reach.routes:
        around.update({d.qualname: d for d in (*route.dependencies, route.function)})
    edge = list(around.values())
    for _ in range(_NEAR):
        found = [e.target for f in edge for e in project.calls.edges(f) if e.target.qualname not in around]
        around.update({f.qualname: f for f in found})
        edge = found
    return any(verifies is not False for name in around for _, verifies in decoding.get(name, ()))


def _is_beside_verification(reach: Reach, decoding: dict[str, list[tuple[Site, bool | None]]]) -> bool:
    """Whether a middleware reads claims, for a log or the like, in a service that verifies tokens elsewhere."""
    in_middleware = all(route.kind == "middleware" for route in reach.routes)
    return in_middleware and any(verifies is True for found in decoding.values() for _, verifies in found)


def _tells_of_the_token_only(function: FunctionInfo, site: Site) -> bool:
    """Whether all that is read of the claims says which key is asked for or how old the token is."""
    names = set()
    for statement in function.statements:
        if isinstance(statement, Assign) and statement.value is site.node:
            names |= {target.id for target in statement.targets if isinstance(target, Name)}
    read: set[str] = set()
    for each in function.sites:
        node = each.node
        key: Expr | None = None
        owner: Expr | None = None
        if isinstance(node, Sub):
            owner, key = node.value, node.index
        elif isinstance(node, Call) and isinstance(node.func, Attr) and node.func.attr == "get" and node.args:
            owner, key = node.func.value, node.args[0]
        if owner is site.node or (isinstance(owner, Name) and owner.id in names):
            read.add(string(key))
    handed = any(isinstance(r, Name) and r.id in names for r in function.returns)
    return bool(read) and read <= _ABOUT_THE_TOKEN and not handed


def _finding(function: FunctionInfo, site: Site, reach: Reach) -> Finding:
    call = site.node
    assert isinstance(call, Call)
    entry = reach.path[0].function if reach.path else function
    guards = any(route.kind == "middleware" or entry in route.dependencies for route in reach.routes)
    confidence: Confidence = "likely" if guards else "possible"
    severity: Severity = "high" if guards else "medium"
    doubts = []
    if call.args and _comes_from_provider(call.args[0], function):
        doubts.append("the token may come from the provider itself, over a connection of the service's own")
    if site.conditional:
        doubts.append("a branch decides whether it happens")
    confidence, severity, why = weigh(reach, (Step(function, site),), confidence, severity, doubts=doubts)
    return make(
        problem="unverified-token",
        domain="auth",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` reads a token without verifying its signature: anybody can write what it says",
        module=function.module,
        owner=function.qualname,
        node=call,
        routes=route_names(reach),
        call_path=path_of(reach),
        evidence=(
            SourceEvidence(
                text="the signature is not checked here, and nothing else on the way of these requests verifies a token"
                + (f"; but {why}" if why else ""),
                locations=(function.at(call),),
            ),
        ),
        fix_class="decide",
    )


def _comes_from_provider(expr: Expr, function: FunctionInfo, depth: int = 0) -> bool:
    """Whether a token is read out of the answer of a token endpoint, by its usual names."""
    stack = [expr]
    while stack:
        current = stack.pop()
        if isinstance(current, Sub) and string(current.index) in _FROM_PROVIDER:
            return True
        if isinstance(current, Call) and current.args and string(current.args[0]) in _FROM_PROVIDER:
            return True
        if isinstance(current, Attr) and current.attr in _FROM_PROVIDER:
            return True
        if isinstance(current, Name):
            if current.id == "id_token":
                return True
            if depth < _NEAR:
                values = (b.value for b in function.bindings.get(current.id, ()) if b.how == "value")
                if any(v is not None and _comes_from_provider(v, function, depth + 1) for v in values):
                    return True
        stack.extend(children(current))
    return False
