"""Handlers that dump their models by hand, in Python, where FastAPI would write them as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, Severity, SourceEvidence
from pitstop.problems.findings import make, merge_places
from pitstop.project.facts import Attr, Call, Comp, Const, Expr, Name

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo, Type
    from pitstop.project.routes import Route

_ENCODER = {"fastapi.encoders.jsonable_encoder", "fastapi.jsonable_encoder"}
_RESPONSES = {"JSONResponse", "ORJSONResponse", "UJSONResponse"}
_PYDANTIC = {"pydantic.BaseModel", "pydantic.RootModel", "sqlmodel.SQLModel", "sqlmodel.main.SQLModel"}
_DUMPS = {"model_dump", "dict"}
_ENCODED = Impact(
    text="pydantic-core writes the bytes instead of a walk in Python",
    expected=(10.0, 25.0),
    source="`jsonable_encoder` and `JSONResponse` against the model returned, 100 to 1000 items; pitstop's own measurement",
)
_DUMPED = Impact(
    text="the models are written as they are, instead of dumped, validated and dumped again",
    expected=(2.7, 4.0),
    source="`model_dump()` returned against the model returned; pitstop's own measurement",
)


def find(project: Project) -> list[Finding]:
    """One finding for each place in a handler that dumps by hand what the handler answers; none before Pydantic 2, where FastAPI
    walks models in Python as well."""
    if project.versions.before("pydantic", 2) or project.versions.before("fastapi", 0, 130):
        # Up to 0.129 FastAPI dumps to Python values, and writes those (by the sources of 0.129.0 and 0.130.0).
        return []
    return merge_places(finding for finding, _, _ in matches(project))


def matches(project: Project) -> Iterator[tuple[Finding, Route, Expr]]:
    """Each finding with its route, and the call or the list that makes plain values of the models."""
    for route in project.routes.all:
        if route.kind != "route":
            continue
        for value in route.function.returns:
            found = _dumped(project, route, value)
            if found is not None:
                yield found[0], route, found[1]


def _dumped(project: Project, route: Route, value: Expr) -> tuple[Finding, Expr] | None:
    function = route.function
    content = _content(project, _meant(value, function), function)
    inner = _meant(content if content is not None else value, function)
    if isinstance(inner, Call) and project.types.type_of(inner.func, function).name in _ENCODER:
        heavy = _heaviness(project, project.types.type_of(inner.argument(0, "obj"), function))
        if heavy and not _chooses(inner):
            answer = "a response of its own" if content is not None else "FastAPI, which walks it once more"
            text = f"`jsonable_encoder` walks {heavy} in Python, for {answer}"
            return _finding(route, inner, text, f"`jsonable_encoder` on {heavy}", _ENCODED, "high"), inner
    if content is None and _is_declared(project, route):
        model = _list_of_dumps(project, inner, function)
        if model:
            text = (
                f"each `{model}` of a list is dumped, validated against the declared type, and dumped again"
            )
            return _finding(route, inner, text, f"a list of dumped `{model}`", _DUMPED, "medium"), inner
    return None


def _content(project: Project, value: Expr, function: FunctionInfo) -> Expr | None:
    """What is handed to a JSON response, if the value is one; None otherwise and for answers to errors."""
    if not isinstance(value, Call):
        return None
    name = project.types.type_of(value.func, function).name
    if name.rpartition(".")[2] not in _RESPONSES or name in project.index.classes:
        return None
    return value.argument(0, "content")


def _meant(expr: Expr, function: FunctionInfo) -> Expr:
    """The value of a name that is bound once."""
    if isinstance(expr, Name):
        bound = function.bindings.get(expr.id, ())
        if len(bound) == 1 and bound[0].how == "value" and bound[0].value is not None and not bound[0].index:
            return bound[0].value
    return expr


def _chooses(call: Call) -> bool:
    """Whether the encoder is told what to leave out, or how to encode a type: then it is no second walk in vain."""
    return len(call.args) > 1 or any(k.name != "obj" for k in call.keywords)


def _is_declared(project: Project, route: Route) -> bool:
    """Whether FastAPI validates the answer against a model."""
    given = route.decorator.keyword("response_model") if route.decorator is not None else None
    if isinstance(given, Const):
        return False
    declared = project.types.annotation(given or route.function.node.returns, route.function.module)
    return _model(project, declared) != ""


def _model(project: Project, found: Type) -> str:
    """The model that a type is, or is a list of."""
    inner = found.args[0] if found.name == "list" and found.args else found
    if inner.kind == "instance" and _PYDANTIC & set(project.types.external_bases(inner.name)):
        return inner.name.rpartition(".")[2]
    return ""


def _heaviness(project: Project, found: Type) -> str:
    """What makes a value costly to walk; empty when it is small or unknown."""
    model = _model(project, found)
    if model and found.name == "list":
        return f"a list of `{model}`"
    if model and any(
        _model(project, held) and held.name == "list"
        for cls in project.types.mro(found.name)
        for node in cls.attributes.values()
        if (held := project.types.annotation(node.annotation, cls.module))
    ):
        return f"`{model}` with lists inside"
    return ""


def _list_of_dumps(project: Project, value: Expr, function: FunctionInfo) -> str:
    """The model that each item of a list is dumped from, if it is dumped whole."""
    if not (isinstance(value, Comp) and value.kind == "list"):
        return ""
    element = value.elements[-1]
    if not (isinstance(element, Call) and isinstance(element.func, Attr) and element.func.attr in _DUMPS):
        return ""
    if element.args or element.keywords:
        return ""
    return _model(project, project.types.type_of(element.func.value, function))


def _finding(route: Route, node: Expr, text: str, what: str, impact: Impact, severity: Severity) -> Finding:
    function = route.function
    return make(
        problem="double-validation",
        domain="request-response",
        severity=severity,
        confidence="likely",
        message=f"`{function.name}` answers with {what}: FastAPI would write the models as they are, in compiled code",
        module=function.module,
        owner=function.qualname,
        node=node,
        routes=(route.name,),
        evidence=(SourceEvidence(text=text, locations=(function.at(node),)),),
        impact=impact,
        fix_class="proved",
    )
