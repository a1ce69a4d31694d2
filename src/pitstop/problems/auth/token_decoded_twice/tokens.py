"""Where a token is decoded, and where it comes from: the header, a cookie, a dependency."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.project.calls import Step
from pitstop.project.dependencies import provider_of
from pitstop.project.facts import Attr, Await, Call, Const, Expr, IfExp, Name, Op, Sub, Walrus, string
from pitstop.project.inference import Inference
from pitstop.project.loads import handed
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import Site
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.project import Project

_DECODES = {
    "authlib.jose.jwt.decode",
    "firebase_admin.auth.verify_id_token",
    "google.oauth2.id_token.verify_oauth2_token",
    "google.oauth2.id_token.verify_token",
    "jose.jwt.decode",
    "joserfc.jwt.decode",
    "jwt.PyJWT.decode",
    "jwt.api_jwt.decode",
    "jwt.decode",
    "jwt.decode_complete",
}
_AUTHORIZATION = {
    "fastapi.security.HTTPBearer",
    "fastapi.security.OAuth2AuthorizationCodeBearer",
    "fastapi.security.OAuth2PasswordBearer",
    "fastapi.security.http.HTTPBearer",
    "fastapi.security.oauth2.OAuth2PasswordBearer",
}
_REQUESTS = {"fastapi.Request", "fastapi.requests.Request", "starlette.requests.Request"}
_WHOLE = {
    "credentials",
    "decode",
    "encode",
    "lstrip",
    "partition",
    "removeprefix",
    "replace",
    "split",
    "strip",
}
"""What is read of a header or done to it, and leaves the token that is in it."""
_LONGEST = 4
_DEEP = 12

Source = tuple[str, str]
"""`("header", name)`, `("cookie", name)`, `("dependency", function)`; within a function `("parameter", name)`."""


@dataclass(frozen=True, slots=True)
class Decode:
    """One decoding of a token, with the way to it from the function that it is told of."""

    steps: tuple[Step, ...]
    sources: frozenset[Source]

    @property
    def site(self) -> Site:
        """The call that decodes."""
        return self.steps[-1].site


class Tokens:
    """The decodings of each function, those of the functions it calls among them."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, tuple[Decode, ...]] = {}
        self._depth = 0

    def of(self, function: FunctionInfo) -> tuple[Decode, ...]:
        """The tokens that a function decodes, by what its parameters hold."""
        known = self._known.get(function.qualname)
        if known is not None:
            return known
        self._known[function.qualname] = ()
        if self._depth <= _DEEP and not is_memoised(function):
            self._depth += 1
            self._known[function.qualname] = (*self._direct(function), *self._called(function))
            self._depth -= 1
        return self._known[function.qualname]

    def of_entry(self, function: FunctionInfo) -> Iterator[Decode]:
        """The tokens that a dependency or a handler decodes, by where the request has them."""
        for decode in self.of(function):
            found = {s for source in decode.sources for s in self._of_request(source, function)}
            if found:
                yield Decode(decode.steps, frozenset(found))

    def _direct(self, function: FunctionInfo) -> Iterator[Decode]:
        for site in function.calls:
            call = site.node
            if not isinstance(call, Call) or site.in_lambda or site.rescue or site.loops:
                continue
            last = call.func.attr if isinstance(call.func, Attr) else getattr(call.func, "id", "")
            if not ("decode" in last or "verif" in last):
                continue
            if self._project.calls.external_name(call, function) not in _DECODES:
                continue
            if "verify_signature" in function.module.text(call) or call.keyword("verify") is not None:
                continue
            token = call.args[0] if call.args else call.keyword("token") or call.keyword("jwt")
            yield Decode((Step(function, site),), frozenset(sources(self._project.types, token, function)))

    def _called(self, function: FunctionInfo) -> Iterator[Decode]:
        for edge in self._project.calls.edges(function):
            call = edge.site.node
            if edge.kind != "call" or edge.choice or not isinstance(call, Call):
                continue
            if edge.site.rescue or edge.site.loops or edge.site.in_lambda:
                continue
            for decode in self.of(edge.target):
                if len(decode.steps) > _LONGEST:
                    continue
                found: set[Source] = set()
                for source in decode.sources:
                    if source[0] == "parameter":
                        given = handed(call, edge.target, source[1])
                        found |= sources(self._project.types, given, function)
                    else:
                        found.add(source)
                yield Decode((Step(function, edge.site), *decode.steps), frozenset(found))

    def _of_request(self, source: Source, function: FunctionInfo) -> Iterator[Source]:
        if source[0] != "parameter":
            yield source
            return
        types = self._project.types
        target = provider_of(types, function, source[1])
        if target is not None:
            is_scheme = bool(_AUTHORIZATION & {target.name, *types.external_bases(target.name)})
            if target.name:
                yield ("header", "authorization") if is_scheme else ("dependency", target.name)
            return
        parameter = next((p for p in function.node.parameters if p.name == source[1]), None)
        if parameter is None:
            return
        home = function.parent or function.module
        marks: list[Expr | None] = [parameter.default]
        if parameter.annotation is not None:
            marks += [metadata for metadata, _, _ in types.metadata(parameter.annotation, home)]
        for mark in marks:
            kind = types.type_of(mark.func, home).name if isinstance(mark, Call) else ""
            alias = string(mark.keyword("alias")) if isinstance(mark, Call) else ""
            if kind == "fastapi.Header":
                yield "header", (alias or source[1]).replace("_", "-").lower()
            elif kind == "fastapi.Cookie":
                yield "cookie", alias or source[1]


def sources(types: Inference, expr: Expr | None, function: FunctionInfo) -> set[Source]:
    """Where the value of an expression may come from; empty where that cannot be told."""
    found: set[Source] = set()
    seen: set[str] = set()
    todo: list[Expr | None] = [expr]
    while todo:
        node = todo.pop()
        match node:
            case Name() if node.id not in seen:
                seen.add(node.id)
                for binding in function.bindings.get(node.id, ()):
                    if binding.how == "parameter":
                        found.add(("parameter", node.id))
                    elif binding.how == "value":
                        todo.append(binding.value)
            case Await() | Walrus():
                todo.append(node.value)
            case IfExp():
                todo += [node.body, node.orelse]
            case Op() if node.op in {"Or", "And"}:
                todo += node.operands
            case Sub():
                found |= _of_headers(types, node.value, node.index, function)
                todo.append(node.value)
            case Attr() if node.attr in _WHOLE:
                todo.append(node.value)
            case Call() if isinstance(node.func, Attr) and node.func.attr == "get" and node.args:
                found |= _of_headers(types, node.func.value, node.args[0], function)
            case Call() if isinstance(node.func, Attr) and node.func.attr in _WHOLE:
                todo.append(node.func.value)
    return found


def _of_headers(types: Inference, owner: Expr, key: Expr, function: FunctionInfo) -> set[Source]:
    if not isinstance(owner, Attr) or owner.attr not in {"headers", "cookies"} or not isinstance(key, Const):
        return set()
    if types.type_of(owner.value, function).name not in _REQUESTS or not string(key):
        return set()
    return {("header", string(key).lower()) if owner.attr == "headers" else ("cookie", string(key))}
