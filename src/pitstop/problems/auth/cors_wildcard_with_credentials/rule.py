"""CORS middleware that lets every origin in, with credentials: Starlette then answers with the origin that asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Severity, SourceEvidence
from pitstop.problems.findings import make, merge_places
from pitstop.project.facts import Attr, Const, Expr, Name, Seq, string
from pitstop.project.imports import imported
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.inference import Scope
    from pitstop.project.middleware import Middleware
    from pitstop.project.model import Module

_ANY = re.compile(r"\^?(?:https?\??|\(http\|https\)|\(https\?\)|https\?)?(?::(?:/|\\/){2})?\(?\.[*+]\)?\$?")
"""Regular expressions that every origin matches: `.*`, `https?://.*`."""
_COOKIES = re.compile(
    r"\.set_cookie\(|\b(?:request|req|connection|conn|websocket|ws)\.cookies\b|\bCookie\(|\bAPIKeyCookie\(|\bCookieTransport\("
)
"""What tells of credentials that a browser sends by itself; those of HTTP Basic it sends where it asked for them."""
_SESSIONS = re.compile(r"\bSessionMiddleware\b")
"""Its cookie often holds no more than what one log-in by another service has to remember for a minute."""
_LOGINS = re.compile(
    r"\bHTTPBearer\b|\bOAuth2|\bHTTPBasic\b|\bjwt\b|\bAPIKeyHeader\b|[Aa]uthorization|\bHTTP_401|\b401\b"
)
"""What tells that not everybody may do everything: where all is public there is nothing to steal."""
_CROSS_SITE = re.compile(r"""same_?site["']?\s*[=:]\s*["']none["']""", re.IGNORECASE)
_DEVELOPING = re.compile(
    r"debug|dev\b|develop|local|test|is_prod|production|environment|\benv\b", re.IGNORECASE
)
_BESIDE = re.compile(r"(?:^|[/_])(?:tests?|examples?|docs?|tutorials?|scripts?|conftest)(?:[/_.]|$)")
_DEPTH = 3


def find(project: Project) -> list[Finding]:
    """One finding for each app that lets everybody in with credentials."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    for middleware in project.middleware.all:
        if middleware.last_name != "CORSMiddleware" or _BESIDE.search(middleware.module.path):
            continue
        call = middleware.node
        credentials = call.keyword("allow_credentials")
        if not (isinstance(credentials, Const) and credentials.value is True):
            continue
        if any(_DEVELOPING.search(middleware.module.text(guard)) for guard in middleware.guards):
            continue
        wide = _wide(project, middleware)
        texts = _texts(project, middleware.module) if wide else []
        if any(each.search(text) for text in texts for each in (_COOKIES, _SESSIONS, _LOGINS)):
            yield _finding(middleware, wide, texts)


def _wide(project: Project, middleware: Middleware) -> str:
    """The argument that lets every origin in, as it is written; empty where none does."""
    call = middleware.node
    origins, _ = _value(project, call.keyword("allow_origins"), middleware.scope)
    if isinstance(origins, Seq) and any(string(item) == "*" for item in origins.items):
        return 'allow_origins=["*"]'
    regex, _ = _value(project, call.keyword("allow_origin_regex"), middleware.scope)
    if regex is not None and _ANY.fullmatch(string(regex)):
        return f'allow_origin_regex="{string(regex)}"'
    return ""


def _value(project: Project, expr: Expr | None, scope: Scope, depth: int = 0) -> tuple[Expr | None, Scope]:
    """What a name stands for, where it is bound once to something written out."""
    if not isinstance(expr, Name | Attr) or depth > _DEPTH:
        return expr, scope
    module = scope.module if isinstance(scope, FunctionInfo) else scope
    if isinstance(expr, Name) and isinstance(scope, FunctionInfo) and expr.id in scope.bindings:
        bound = scope.bindings[expr.id]
        only = bound[0] if len(bound) == 1 and bound[0].how == "value" else None
        return _value(project, only.value, scope, depth + 1) if only is not None else (None, scope)
    if isinstance(expr, Name):
        known = project.index.member(module, expr.id)
        home = project.index.module(known.target) if known is not None else None
        home = home or module
        name = expr.id
    else:
        # Of settings only what is a constant of a module: a field may be set by the environment.
        owner = project.types.type_of(expr.value, scope)
        found = project.index.module(owner.name) if owner.kind == "module" else None
        if found is None:
            return None, scope
        home, name = found, expr.attr
        known = project.index.member(home, name)
    if known is None or known.how != "value" or len(home.bindings.get(name, (None,))) > 1:
        return None, scope
    return _value(project, known.value, home, depth + 1)


def _texts(project: Project, module: Module) -> list[str]:
    """The text of a module and of all that it imports: what the app is made of."""
    found = imported(project.index, [module])
    return [each.source.text for each in found.values()]


def _finding(middleware: Middleware, wide: str, texts: list[str]) -> Finding:
    own_cookies = any(_COOKIES.search(text) for text in texts)
    has_cookies = own_cookies or any(_SESSIONS.search(text) for text in texts)
    crosses = own_cookies and any(_CROSS_SITE.search(text) for text in texts)
    confidence: Confidence = "likely" if crosses else "possible"
    severity: Severity = "high" if crosses else "low"
    if crosses:
        cost = "any website that a user visits may read and change what is theirs"
        why = "cookies are sent from other sites too (`SameSite=None`)"
    elif has_cookies:
        cost = "the day its cookies are sent from other sites, any website may act for a user who visits it"
        why = "the service uses cookies, and browsers send them from other sites only with `SameSite=None`"
    else:
        cost = "the day a cookie carries the login, any website may act for a user who visits it"
        why = "no cookie was found that carries a login; a token in a header is not sent by itself"
    return make(
        problem="cors-wildcard-with-credentials",
        domain="auth",
        severity=severity,
        confidence=confidence,
        message=f"`{wide}` with `allow_credentials=True` answers every origin with its own name: {cost}",
        module=middleware.module,
        owner=middleware.owner,
        node=middleware.node,
        code=wide,
        evidence=(
            SourceEvidence(
                text=f"with credentials Starlette sends back the origin that asks, not `*`; {why}",
                locations=(middleware.module.location(middleware.node, middleware.owner),),
            ),
        ),
        fix_class="decide",
    )
