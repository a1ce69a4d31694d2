"""Returns the models themselves, under the type that they have, and leaves the writing to FastAPI."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.python import Function, Source
from pitstop.problems.editing import node_at, open_source, twin_of, without_dead_import
from pitstop.problems.layout import settle
from pitstop.problems.request_response.double_validation.rule import matches
from pitstop.problems.returning import declare, is_answer, model_of
from pitstop.project.facts import Attr, Call, Comp
from pitstop.project.model import instance

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.facts import Expr
    from pitstop.project.model import FunctionInfo, Type
    from pitstop.project.routes import Route

_RESPONSES = {"JSONResponse", "ORJSONResponse", "UJSONResponse"}
_STEPS = 4


def propose(finding: Finding, project: Project) -> Patch:
    """The models as the answer. Raises PatchError."""
    match = next(((route, inner) for found, route, inner in matches(project) if found.id == finding.id), None)
    if match is None or finding.places:
        raise PatchError(
            "it answers so in several places" if finding.places else "the handler is not there any more"
        )
    route, inner = match
    function = route.function
    _refuse_callers(project, route)
    source = open_source(project, finding.location.path)
    node = node_at(source, (ast.Call, ast.ListComp), finding.location)
    returned, dropped = _way(source, node)
    edits = [edit for each in dropped for edit in _without(source, each)]
    assert returned.value is not None
    edits.append(
        source.edit(
            source.start(returned.value), source.end(returned.value), _models(project, function, source, node)
        )
    )
    edits += _declaration(project, route, source, _given(project, function, inner))
    return make_patch(
        finding,
        f"Return the models of {function.name} as they are",
        (without_dead_import(settle(source, edits), "jsonable_encoder", *sorted(_RESPONSES)),),
        ("cpu", "duration"),
        describes=finding.routes,
        risk="The models are written by Pydantic, under the declared type: what a subclass adds is left out, and floats may be spelt otherwise.",
        validate="The same requests give the same bytes; the OpenAPI document describes the answer.",
        rollback="pitstop undo",
    )


def _refuse_callers(project: Project, route: Route) -> None:
    """Raise where somebody else gets what the handler returns, or the decorator says how to write it."""
    function = route.function
    if route.decorator is None or len(function.node.decorators) != 1:
        raise PatchError("the route is not added by a decorator alone")
    for keyword in route.decorator.keywords:
        if (
            keyword.name is None
            or keyword.name == "response_class"
            or keyword.name.startswith("response_model_")
        ):
            raise PatchError(f"`{keyword.name or '**'}` of the route says how its answer is written")
    if any(
        router.call is not None and router.call.keyword("default_response_class")
        for router in project.routes.routers.values()
    ):
        raise PatchError("`default_response_class` says how answers are written")
    for other in project.functions:
        if any(e.target is function and e.kind != "reference" for e in project.calls.edges(other)):
            raise PatchError(f"`{other.name}` calls the handler and gets what it returns")


def _way(source: Source, node: ast.expr) -> tuple[ast.Return, list[ast.Assign]]:
    """How the plain values come to be returned: the statement that does, and those that only name them."""
    dropped: list[ast.Assign] = []
    value: ast.expr = node
    function = next(p for p in source.parents(node) if isinstance(p, Function))
    if sum(isinstance(n, ast.Return) for n in ast.walk(function)) != 1:
        raise PatchError("it returns in several places, and not the same each time")
    for _ in range(_STEPS):
        parent = next(source.parents(value))
        parent = next(source.parents(parent)) if isinstance(parent, ast.keyword) else parent
        if isinstance(parent, ast.Return):
            return parent, dropped
        if isinstance(parent, ast.Call) and _is_response(parent):
            value = parent
        elif (
            isinstance(parent, ast.Assign)
            and len(parent.targets) == 1
            and isinstance(parent.targets[0], ast.Name)
        ):
            value = _use(source, function, parent, parent.targets[0].id)
            dropped.append(parent)
        else:
            break
    raise PatchError("something else is done with the plain values")


def _is_response(call: ast.Call) -> bool:
    """Whether a call answers with what it is given, with status 200 and no more."""
    if ast.unparse(call.func).rpartition(".")[2] not in _RESPONSES:
        return False
    more = [k for k in call.keywords if k.arg != "content"]
    if len(call.args) > 1 or any(
        k.arg != "status_code" or ast.unparse(k.value).rpartition(".")[2] not in {"200", "HTTP_200_OK"}
        for k in more
    ):
        raise PatchError("the response has a status, headers or the like of its own")
    return True


def _use(source: Source, function: ast.AST, statement: ast.Assign, name: str) -> ast.Name:
    """The only use of a name, in the statement below the one that gives it."""
    named = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name]
    uses = [n for n in named if isinstance(n.ctx, ast.Load)]
    block, place = source.block(statement)
    if len(named) != 2 or len(uses) != 1 or source.statement(uses[0]) not in block[place + 1 : place + 2]:
        raise PatchError("something else is done with the plain values")
    return uses[0]


def _without(source: Source, statement: ast.Assign) -> list[Edit]:
    first, last = source.line_of(source.start(statement)), source.line_of(source.end(statement))
    start, end = source.line_start(first), source.line_start(last + 1)
    if source.data[start:end].decode().strip() != source.segment(statement) or source.line(
        first - 1
    ).strip().startswith(b"#"):
        raise PatchError("a comment speaks of the plain values, or their statement shares its line")
    while not source.line(source.line_of(end)).strip():
        end = source.line_start(source.line_of(end) + 1)
    return [source.edit(start, end, "")]


def _given(project: Project, function: FunctionInfo, inner: Expr) -> Type:
    """The type of the models: of what is encoded, or of the list of what is dumped."""
    if isinstance(inner, Call):
        return project.types.type_of(inner.argument(0, "obj"), function)
    assert isinstance(inner, Comp)
    element = inner.elements[-1]
    assert isinstance(element, Call)
    assert isinstance(element.func, Attr)
    return instance("list", project.types.type_of(element.func.value, function))


def _models(project: Project, function: FunctionInfo, source: Source, node: ast.expr) -> str:
    """The text of the models themselves."""
    if isinstance(node, ast.Call):
        given = node.args[0] if node.args else node.keywords[0].value
        return source.segment(given)
    assert isinstance(node, ast.ListComp)
    element = node.elt
    assert isinstance(element, ast.Call)
    assert isinstance(element.func, ast.Attribute)
    if not isinstance(element.func.value, ast.Name):
        raise PatchError("what is dumped is no item of the loop itself")
    (first, *others) = node.generators
    is_plain = (
        not others
        and not first.ifs
        and not first.is_async
        and ast.unparse(first.target) == element.func.value.id
    )
    light = next(
        s.node
        for s in function.sites
        if isinstance(s.node, Comp) and twin_of(source, ast.ListComp, s.node) is node
    )
    assert isinstance(light, Comp)
    lazy = isinstance(first.iter, ast.Call) and ast.unparse(first.iter.func) in {
        "reversed",
        "map",
        "filter",
        "zip",
    }
    if is_plain and not lazy and project.types.type_of(light.generators[0].iter, function).name == "list":
        return source.segment(first.iter)
    start = source.start(node)
    before = source.data[start : source.start(element)].decode()
    return before + element.func.value.id + source.data[source.end(element) : source.end(node)].decode()


def _declaration(project: Project, route: Route, source: Source, given: Type) -> list[Edit]:
    """The annotation that the handler needs; none where its type is declared already. Raises PatchError for another type."""
    function = route.function
    assert route.decorator is not None
    model = route.decorator.keyword("response_model")
    written = function.node.returns
    if model is not None and not _is_same(project.types.annotation(model, function.module), given):
        raise PatchError("it declares another type than that of its models")
    if model is not None and written is None:
        return []
    if written is not None:
        shown = function.module.text(written).rpartition(".")[2]
        if shown not in {*_RESPONSES, "Response"}:
            if _is_same(project.types.annotation(written, function.module), given):
                return []
            raise PatchError("it declares another type than that of its models")
    if not is_answer(project, model_of(given)):
        raise PatchError(
            "it answers with rows of a table: which fields belong to the answer is a decision about the contract"
        )
    return declare(project, source, function, given)


def _is_same(one: Type, other: Type) -> bool:
    return (one.name, model_of(one).name) == (other.name, model_of(other).name)
