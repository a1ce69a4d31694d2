"""HTTP and service clients built while a request is under way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import is_decided, is_once_in_a_while, weigh
from pitstop.project.facts import (
    Assign,
    Attr,
    Call,
    Const,
    Dict,
    Expr,
    Format,
    If,
    Name,
    Op,
    Return,
    With,
    Yield,
    children,
    dotted,
)
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.edges import Sink
    from pitstop.project.model import FunctionInfo

_EXPECTED = Impact(
    text="connect and TLS set-up on every request",
    expected=(16.0, 25.0),
    source="httpx.AsyncClient() per request against a shared one: 31 ms of CPU each; pitstop's own measurement",
)
_PER_CALL = {"timeout", "headers", "params", "follow_redirects"}
"""Arguments that each request of a shared client can be given just as well."""
_STORES = re.compile(r"cache|memo|redis|stored", re.IGNORECASE)
_STALE = re.compile(r"expire|outdated|stale", re.IGNORECASE)
_REDIS = Impact(
    text="connect on every request",
    expected=(15.0, 15.0),
    source="Redis client per request against a shared one: pitstop's own measurement",
)


_OTHER = Impact(text="connect and TLS handshake on every request")
"""aiohttp's sessions share one TLS context, so that building one costs 12 us (pitstop's own measurement); others were not measured."""


def find(project: Project) -> list[Finding]:
    """One finding for each place that builds a client on a request path and keeps it for nobody else."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    for function in project.functions:
        if project.calls.reach(function) is None or is_memoised(function):
            continue
        for sink in project.calls.sinks(function):
            if sink.known.kind != "builds-client" or is_kept(function, sink):
                continue
            if _shares_pool(function, sink) or _stays_within(function, sink):
                continue
            reach = project.calls.reach(function, sink.site)
            if reach is None:
                continue
            if reach.ways and all(_keeps_what_it_gets(way.path) for way in reach.ways):
                continue
            if any(is_memoised(step.function) for step in reach.path):
                # Whoever asks for it keeps what it is part of.
                continue
            doubts = _doubts(function, sink)
            steps = (*reach.path, Step(function, sink.site))
            if any(_tells_expired(step) for step in steps):
                doubts.append("it is built only when something has expired")
            if any(isinstance(site.node, Yield) and site.loops for site in function.sites):
                doubts.append("it serves a stream for as long as that lasts")
            if any(
                e.alone
                for step in reach.path
                for e in project.calls.edges(step.function)
                if e.site is step.site
            ):
                doubts.append("each call has an event loop of its own, and no client outlives its loop")
            if any(_is_stored(step) for step in steps):
                doubts.append("what was stored before may spare it")
            if any(is_decided(step.site) for step in steps):
                doubts.append("a branch decides whether it is built")
            is_cheap = sink.name.startswith("aiohttp.")
            confidence, severity, why = weigh(
                reach,
                (Step(function, sink.site),),
                "likely" if is_cheap else "certain",
                "medium" if is_once_in_a_while(reach.routes) or is_cheap else "high",
                doubts=doubts,
            )
            yield make(
                problem="client-per-request",
                domain="async",
                severity=severity,
                confidence=confidence,
                message=f"`{function.name}` builds a new `{sink.name}` each time it runs",
                module=function.module,
                owner=function.qualname,
                node=sink.site.node,
                routes=route_names(reach),
                call_path=path_of(reach),
                evidence=(
                    SourceEvidence(
                        text=f"`{sink.name}` is built on the way of a request and shared with no other"
                        + (f"; but {why}" if why else ""),
                        locations=(function.at(sink.site.node),),
                    ),
                ),
                impact=_impact(sink),
                fix_class="proved",
            )


def _impact(sink: Sink) -> Impact:
    """What was measured of this client; of one that was not measured, what it does each time."""
    if sink.name.startswith("httpx"):
        return _EXPECTED
    return _REDIS if sink.known.category == "redis" else _OTHER


def _doubts(function: FunctionInfo, sink: Sink) -> list[str]:
    """Why a client may have to be another one each time: it is made for the user, the tenant or the call."""
    call = sink.site.node
    assert isinstance(call, Call)
    given = [*call.args, *(k.value for k in call.keywords if k.name not in _PER_CALL)]
    names = {name for value in given for name in _names(value)}
    parameters = function.node.parameters
    own = parameters[0].name if function.owner is not None and parameters else ""
    local = {name for scope in _scopes(function) for name in _bound_in(scope)}
    if names & (local - {own}):
        return ["what it is built from differs from call to call"]
    if own in names and function.name != "__init__":
        return ["what it is built from belongs to the object at hand"]
    if _asks_addresses_given(function, call):
        return ["the address is another each time"]
    if _closes_connections(function):
        return ["each connection is closed on purpose"]
    if any(_tells_absent(guard) for guard in sink.site.guards):
        return ["it is built only where the caller hands none over"]
    return []


def _asks_addresses_given(function: FunctionInfo, client: Call) -> bool:
    """Whether all that is asked through a client has its address from a parameter: `await client.get(url)`."""
    names = {
        item.target.id
        for statement in function.statements
        if isinstance(statement, With)
        for item in statement.items
        if item.context is client and isinstance(item.target, Name)
    }
    names |= {name for name, bound in function.bindings.items() if any(b.value is client for b in bound)}
    asked = [
        site.node.args[0]
        for site in function.calls
        if isinstance(site.node, Call)
        and site.node.args
        and isinstance(site.node.func, Attr)
        and isinstance(site.node.func.value, Name)
        and site.node.func.value.id in names
    ]
    return bool(asked) and all(_is_given(function, address) for address in asked)


def _is_given(function: FunctionInfo, address: Expr) -> bool:
    """Whether an address, or the host in it, is a parameter or a part of one: `url`, `f"http://{printer.host}/status"`."""
    if isinstance(address, Name):
        bound = function.bindings.get(address.id, [])
        if [b.how for b in bound] == ["value"] and isinstance(bound[0].value, Format):
            return _is_given(function, bound[0].value)
        return [b.how for b in bound] == ["parameter"]
    parts = list(address.values) if isinstance(address, Format) else []
    if parts and isinstance(parts[0], Const) and str(parts[0].value).endswith("://"):
        del parts[0]
    host = parts[0] if parts else None
    name = dotted(host).partition(".")[0]
    own = "self" if function.owner is not None else ""
    return name != own and [b.how for b in function.bindings.get(name, ())] == ["parameter"]


def _closes_connections(function: FunctionInfo) -> bool:
    """`headers={"Connection": "close"}`."""
    return any(
        isinstance(key, Const)
        and isinstance(value, Const)
        and f"{key.value}: {value.value}".lower() == "connection: close"
        for site in function.sites
        if isinstance(site.node, Dict)
        for key, value in zip(site.node.keys, site.node.values, strict=True)
    )


def _scopes(function: FunctionInfo) -> Iterator[FunctionInfo]:
    """A function and those it is defined in."""
    scope: FunctionInfo | None = function
    while scope is not None:
        yield scope
        scope = scope.parent


def _bound_in(function: FunctionInfo) -> Iterator[str]:
    return (name for name, bound in function.bindings.items() if any(b.how != "import" for b in bound))


def _tells_expired(step: Step) -> bool:
    """Whether the way goes on only when a token or the like has run out: few requests see that."""
    return any(_STALE.search(step.function.module.text(guard)) for guard in step.site.guards)


def _is_stored(step: Step) -> bool:
    """Whether the function returns before what a cache gave: `if found := await redis.get(key): return found`."""
    return any(
        isinstance(statement, If)
        and statement.at < step.site.node.at
        and isinstance(statement.body[-1], Return)
        and _STORES.search(_of_test(step.function, statement.test))
        for statement in step.function.statements
    )


def _of_test(function: FunctionInfo, test: Expr) -> str:
    """The text of a test, and of what the names in it are bound to."""
    bound = [b.value for name in sorted(_names(test)) for b in function.bindings.get(name, ())]
    return " ".join(function.module.text(part) for part in (test, *bound) if part is not None)


def _tells_absent(guard: Expr) -> bool:
    """`session is None` or `not session`."""
    return isinstance(guard, Op) and guard.op in {"Is", "Not"}


def _names(expr: Expr) -> set[str]:
    found: set[str] = set()
    stack = [expr]
    while stack:
        current = stack.pop()
        if isinstance(current, Name):
            found.add(current.id)
        stack.extend(children(current))
    return found


def is_kept(function: FunctionInfo, sink: Sink) -> bool:
    """Whether the client outlives the request: it is put into a global, an attribute or a container."""
    local = ""
    for statement in function.statements:
        if not isinstance(statement, Assign) or statement.value is None:
            continue
        handed_on = bool(local) and local in _names(statement.value)
        if not handed_on and not _contains(statement.value, sink.site.node):
            continue
        for target in statement.targets:
            if isinstance(target, Name):
                local = local if handed_on else target.id
            elif not isinstance(target, Attr) or not (
                # `self.client` of an object made per request is as short-lived as the request.
                function.name == "__init__" and isinstance(target.value, Name)
            ):
                return True
    return False


def _shares_pool(function: FunctionInfo, sink: Sink) -> bool:
    """Whether the connections come from a pool that is not made here as well: `Redis(connection_pool=self.pool)`."""
    assert isinstance(sink.site.node, Call)
    pool = sink.site.node.keyword("connection_pool")
    return pool is not None and not any(
        name.endswith((".from_url", "Pool")) for name in _made_by(function, pool)
    )


def _stays_within(function: FunctionInfo, sink: Sink) -> bool:
    """Whether the client asks an app of this process, and so neither connects nor reads certificates: `AsyncClient(transport=ASGITransport(app))`."""
    assert isinstance(sink.site.node, Call)
    return any(
        name.endswith(("ASGITransport", "WSGITransport", "MockTransport"))
        for name in _made_by(function, sink.site.node.keyword("transport"))
    )


def _made_by(function: FunctionInfo, value: Expr | None) -> list[str]:
    """What is called for a value, here or where its name is bound."""
    bound = function.bindings.get(value.id, []) if isinstance(value, Name) else []
    made = [b.value for b in bound if b.how == "value"] or [value]
    return [dotted(each.func) for each in made if isinstance(each, Call)]


def _keeps_what_it_gets(path: Sequence[Step]) -> bool:
    """Whether who calls a maker of clients puts what it gives where it outlives the request: `self.client = make_client()`."""
    if not path:
        return False
    step = path[-1]
    return step.function.name != "__init__" and any(
        isinstance(statement, Assign)
        and statement.value is not None
        and any(isinstance(target, Attr) for target in statement.targets)
        and _contains(statement.value, step.site.node)
        for statement in step.function.statements
    )


def _contains(expr: Expr, node: Expr) -> bool:
    stack = [expr]
    while stack:
        current = stack.pop()
        if current is node:
            return True
        stack.extend(children(current))
    return False
