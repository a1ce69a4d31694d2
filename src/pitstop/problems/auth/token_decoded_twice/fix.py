"""Decodes the token in a dependency of its own, which FastAPI runs once for a request."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Function, Source
from pitstop.patching.statements import remove
from pitstop.problems.auth.token_decoded_twice.rule import matches
from pitstop.problems.auth.token_decoded_twice.tokens import Decode
from pitstop.problems.editing import free_name, open_source, twin_of
from pitstop.problems.layout import settle
from pitstop.project.dependencies import provider_of

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_GIVEN = {"fastapi.Request", "fastapi.Response", "starlette.requests.Request", "starlette.responses.Response"}
"""What FastAPI hands over without looking at what the client has sent."""


@dataclass(frozen=True)
class _Place:
    """Where one of the two functions decodes: at the very beginning of it."""

    info: FunctionInfo
    node: ast.FunctionDef | ast.AsyncFunctionDef
    statement: ast.stmt
    call: ast.Call
    parameter: ast.arg
    default: ast.expr | None

    @property
    def named(self) -> str:
        """What the claims are called here; empty where they have no name."""
        assigned = self.statement.body[0] if isinstance(self.statement, ast.Try) else self.statement
        if isinstance(assigned, ast.Assign) and assigned.value is self.call and len(assigned.targets) == 1:
            target = assigned.targets[0]
            return target.id if isinstance(target, ast.Name) else ""
        return ""


def propose(finding: Finding, project: Project) -> Patch:
    """The claims as a parameter of both functions. Raises PatchError."""
    pair = next(((one, two) for found, one, two in matches(project) if found.id == finding.id), None)
    if pair is None:
        raise PatchError("the two are not there any more")
    if any(len(decode.steps) > 1 for decode in pair):
        raise PatchError("one of them decodes it in a function further down, which others may call")
    modules = {decode.steps[0].function.module.path for decode in pair}
    if len(modules) > 1:
        raise PatchError(
            "the two are in different files: where the shared dependency belongs is yours to say"
        )
    source = open_source(project, modules.pop())
    first, second = (_place(project, source, decode) for decode in pair)
    _refuse_unlike(first, second)
    for place in (first, second):
        _refuse_other_uses(project, source, place)
        _refuse_order(project, finding, place)
    name = free_name(source, source.tree, "claims", "token_claims", "decoded_token")
    needed = [("typing", "Any"), ("fastapi", "Depends")]
    if first.default is None:
        needed.append(("typing", "Annotated"))
    edits: list[Edit] = []
    for module, each in needed:
        made, local = ensure_import(source, module, each)
        if local != each:
            raise PatchError(f"`{each}` means something else in {source.path}")
        edits += made
    for place in (first, second):
        edits += _taking(source, place, name)
    edits.append(_dependency(source, min(first, second, key=lambda place: place.node.lineno), name))
    return make_patch(
        finding,
        f"Decode the token once for {first.info.name} and {second.info.name}",
        (settle(source, edits),),
        ("cpu", "duration", "throughput"),
        risk="A bad token is refused before the other dependencies of the two functions run.",
        validate="Send a good token, an expired one, one with a wrong signature and none: status and body are what they were.",
        rollback="pitstop undo",
    )


def _place(project: Project, source: Source, decode: Decode) -> _Place:
    info = decode.steps[0].function
    call = twin_of(source, ast.Call, decode.site.node)
    node = next((p for p in source.parents(call) if isinstance(p, Function)), None)
    if node is None or node not in source.tree.body:
        raise PatchError(f"`{info.name}` is no function of a module")
    begins = node.body[1:] if ast.get_docstring(node) is not None else node.body
    statement = begins[0] if begins else node.body[0]
    if call not in ast.walk(statement):
        raise PatchError(f"`{info.name}` does something before it decodes")
    whole = isinstance(statement, ast.Return) and statement.value is call
    if whole or (len(begins) < 2 and isinstance(statement, ast.Assign | ast.Try)):
        raise PatchError(f"`{info.name}` does no more than decode", "Let the other one depend on it.")
    if isinstance(statement, ast.Try):
        if len(statement.body) != 1 or statement.orelse or statement.finalbody:
            raise PatchError(f"`{info.name}` does more than decode where it handles errors")
        if not all(isinstance(handler.body[-1], ast.Raise) for handler in statement.handlers):
            raise PatchError(f"`{info.name}` goes on without claims where the token is bad")
    elif not isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr | ast.Return):
        raise PatchError(f"`{info.name}` decodes in the middle of something else")
    token = call.args[0] if call.args else None
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    found = next((a for a in arguments if isinstance(token, ast.Name) and a.arg == token.id), None)
    if found is None or provider_of(project.types, info, found.arg) is None:
        raise PatchError(f"`{info.name}` takes the token out of something")
    place = _Place(info, node, statement, call, found, _default(node.args, found))
    if isinstance(statement, ast.Try) and not place.named:
        raise PatchError(f"`{info.name}` does more than decode where it handles errors")
    return place


def _default(arguments: ast.arguments, wanted: ast.arg) -> ast.expr | None:
    positional = [*arguments.posonlyargs, *arguments.args]
    given: dict[str, ast.expr | None] = {
        each.arg: value
        for each, value in zip(reversed(positional), reversed(arguments.defaults), strict=False)
    }
    given |= {
        each.arg: value for each, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    }
    return given.get(wanted.arg)


def _refuse_unlike(first: _Place, second: _Place) -> None:
    """Raise unless both take the same token in the same way, verify it in the same way, and answer in the same way for a bad one."""
    tries = [place.statement for place in (first, second) if isinstance(place.statement, ast.Try)]
    same = (
        ast.unparse(first.call) == ast.unparse(second.call)
        and ast.unparse(first.parameter) == ast.unparse(second.parameter)
        and ast.unparse(first.default or ast.Constant(0)) == ast.unparse(second.default or ast.Constant(0))
    )
    if not same:
        raise PatchError("the two do not take and verify it in the same words")
    handlers = [[ast.unparse(handler) for handler in each.handlers] for each in tries]
    if len(tries) == 1 or (tries and handlers[0] != handlers[1]):
        raise PatchError("the two answer differently for a bad token")
    for node in ast.walk(first.call):
        is_asked = isinstance(node, ast.Call) and node is not first.call
        if is_asked and not ast.unparse(node).endswith(".get_secret_value()"):
            raise PatchError(f"`{ast.unparse(node)}` is asked for the key, which may wait")


def _refuse_other_uses(project: Project, source: Source, place: _Place) -> None:
    token = place.parameter.arg
    uses = [n for n in ast.walk(place.node) if isinstance(n, ast.Name) and n.id == token]
    handled = place.statement.handlers if isinstance(place.statement, ast.Try) else []
    if len(uses) != 1:
        raise PatchError(f"`{place.info.name}` needs the token itself too")
    bound = {name for name, bindings in place.info.bindings.items() if bindings} - {token}
    caught = {handler.name for handler in handled if handler.name}
    parts: list[ast.AST] = [place.call, *handled]
    for node in (n for part in parts for n in ast.walk(part)):
        if isinstance(node, ast.Name) and node.id in bound - caught:
            raise PatchError(f"`{node.id}`, by which it is verified, is made for each request")
    if not all(_only_reads(source, each) for each in _claims(place)):
        raise PatchError(
            f"`{place.info.name}` hands the claims on, and whoever has them may change what the other reads"
        )
    if any(
        edge.target is place.info and edge.kind != "reference"
        for other in project.functions
        for edge in project.calls.edges(other)
    ):
        raise PatchError(f"`{place.info.name}` is called by code of the project, too")
    if source.segment(place.parameter) == token:
        raise PatchError(f"`{token}` has no annotation")


def _claims(place: _Place) -> Iterator[ast.expr]:
    """The claims wherever a function uses them."""
    if not place.named:
        yield place.call
    for node in ast.walk(place.node):
        if isinstance(node, ast.Name) and node.id == place.named and isinstance(node.ctx, ast.Load):
            yield node


def _only_reads(source: Source, claims: ast.expr) -> bool:
    parent = next(source.parents(claims))
    if isinstance(parent, ast.Attribute):
        return parent.attr in {"get", "items", "keys", "values"}
    if isinstance(parent, ast.keyword):
        return parent.arg is None
    is_item = isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Load)
    return is_item or isinstance(parent, ast.Compare)


def _refuse_order(project: Project, finding: Finding, place: _Place) -> None:
    """Raise where a request that is wrong in itself would now be told so only after its token was looked at."""
    for parameter in place.info.node.parameters:
        given = provider_of(project.types, place.info, parameter.name) is not None
        home = place.info.parent or place.info.module
        kind = project.types.annotation(parameter.annotation, home).name if parameter.annotation else ""
        if given or kind in _GIVEN:
            continue
        own = [r for r in project.routes.all if r.function is place.info]
        if own and all(route.name in finding.routes for route in own):
            # The other one has verified the token by then.
            return
        raise PatchError(
            f"`{parameter.name}` of `{place.info.name}` comes from the request: a wrong one is told before a bad token today"
        )


def _taking(source: Source, place: _Place, dependency: str) -> Iterator[Edit]:
    """The claims in the place of the token."""
    local = place.named or dependency
    if place.default is None:
        text = f"{local}: Annotated[dict[str, Any], Depends({dependency})]"
    else:
        text = f"{local}: dict[str, Any] = Depends({dependency})"
    yield _parameter(source, place, text)
    if place.named:
        yield from remove(source, place.statement)
    else:
        yield source.edit(source.start(place.call), source.end(place.call), dependency)


def _parameter(source: Source, place: _Place, text: str) -> Edit:
    """Another parameter in the place of the token; each on its own line where they stood together on lines of their own, and would not fit there."""
    given = place.node.args
    start, end = _span(source, given, place.parameter)
    line = source.line_of(start)
    others = [_span(source, given, each) for each in given.args]
    grown = len(source.line_text(line).rstrip()) + len(text) - (end - start)
    together = [span for span in others if source.line_of(span[0]) == line]
    if (
        line == source.line_of(source.start(place.node))
        or grown <= source.line_length
        or together != others
        or given.kwonlyargs
        or given.posonlyargs
        or given.vararg
        or given.kwarg
        or b"#" in source.line(line)
    ):
        return source.edit(start, end, text)
    texts = [text if span == (start, end) else source.data[slice(*span)].decode() for span in others]
    indent = f",{source.newline}{source.line_text(line)[: _margin(source, line)]}"
    return source.edit(others[0][0], others[-1][1], indent.join(texts) + ",")


def _margin(source: Source, line: int) -> int:
    text = source.line_text(line)
    return len(text) - len(text.lstrip())


def _span(source: Source, arguments: ast.arguments, parameter: ast.arg) -> tuple[int, int]:
    default = _default(arguments, parameter)
    return source.start(parameter), source.end(default if default is not None else parameter)


def _dependency(source: Source, place: _Place, name: str) -> Edit:
    """The dependency that decodes, before the first of the two functions."""
    parameter = source.data[slice(*_span(source, place.node.args, place.parameter))].decode()
    unit = source.indent_unit
    if isinstance(place.statement, ast.Try):
        assigned, whole = place.statement.body[0], source.segment(place.statement)
        at = source.start(assigned) - source.start(place.statement)
        value = source.start(place.call) - source.start(place.statement)
        data = whole.encode()
        body = (data[:at] + b"return " + data[value:]).decode()
    else:
        body = f"return {source.segment(place.call)}"
    text = f"async def {name}({parameter}) -> dict[str, Any]:\n{unit}{body}\n\n\n"
    at = source.line_start(source.line_of(source.start(place.node)))
    while source.line(source.line_of(at) - 1).startswith(b"#"):
        at = source.line_start(source.line_of(at) - 1)
    return source.edit(at, at, text.replace("\r\n", "\n").replace("\n", source.newline))
