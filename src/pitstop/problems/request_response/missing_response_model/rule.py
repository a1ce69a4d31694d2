"""Routes that return lists or nested models with nothing that tells FastAPI their type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, Severity, SourceEvidence
from pitstop.problems.findings import make, merge_places
from pitstop.project.facts import Call, Comp, Const, Dict, Expr, Seq
from pitstop.project.lengths import is_enumeration
from pitstop.project.model import FunctionInfo, Type
from pitstop.project.routes import Route

if TYPE_CHECKING:
    from pitstop.project import Project

IMPACT = Impact(
    text="serialisation by pydantic-core instead of a walk in Python",
    expected=(10.0, 25.0),
    source="100 to 1000 items, FastAPI 0.16x: 10× for dicts, 16 to 25× for models; pitstop's own measurement",
)
NATIVE = (0, 130)
"""The FastAPI from which pydantic-core writes the bytes of a declared answer (its release notes)."""
_SEVERITY: dict[str, Severity] = {"list": "medium", "dict": "low"}
_PYDANTIC = {"pydantic.BaseModel", "sqlmodel.SQLModel", "sqlmodel.main.SQLModel", "pydantic.RootModel"}


@dataclass(frozen=True, slots=True)
class Match:
    """A route without a declared answer, and what it really returns."""

    finding: Finding
    route: Route
    returned: Type


def find(project: Project) -> list[Finding]:
    """One finding for each handler whose lists or nested models are serialised without a response model."""
    return merge_places(match.finding for match in matches(project))


def matches(project: Project) -> Iterator[Match]:
    """All such handlers, with the type that they return."""
    if project.versions.before("pydantic", 2) or _speaks_pydantic_1(project):
        return  # its response models are walked in Python as well, and validated besides
    for route in project.routes.all:
        if route.kind != "route" or route.decorator is None or _is_declared(route):
            continue
        types = [project.types.type_of(value, route.function) for value in route.function.returns]
        found = next((t for t in types if t and t.name != "NoneType"), None)
        if found is None or any(_is_response(project, t) for t in types):
            continue
        heavy = _heaviness(project, found, route.function)
        if heavy:
            fast = not project.versions.before("fastapi", *NATIVE)
            yield Match(_finding(route, found, heavy, fast=fast), route, found)


def _speaks_pydantic_1(project: Project) -> bool:
    """Whether models are written as only Pydantic 1 reads them, where nothing says which version is used."""
    if project.versions.of("pydantic") is not None:
        return False
    texts = [file.text for file in project.files if "pydantic" in file.text]
    newer = ("from_attributes", "model_config", "field_validator", "model_dump", "model_validate")
    return any("orm_mode" in text for text in texts) and not any(
        word in text for text in texts for word in newer
    )


def _is_declared(route: Route) -> bool:
    assert route.decorator is not None
    if route.function.node.returns is not None:
        return True
    keywords = {"response_model", "response_class"}
    return any(route.decorator.keyword(name) is not None for name in keywords) or _sends_nothing(
        route.decorator
    )


def _sends_nothing(decorator: Call) -> bool:
    status = decorator.keyword("status_code")
    return isinstance(status, Const) and status.value in {204, 205, 304}


def _is_response(project: Project, found: Type) -> bool:
    names = {found.name, *project.types.external_bases(found.name)}
    return any(
        name.rpartition(".")[2].endswith("Response") for name in names if not name.startswith("pydantic")
    )


def _heaviness(project: Project, found: Type, function: FunctionInfo) -> str:
    """What makes the answer costly to walk: `a list of X`, `X with lists inside`; empty when it is small."""
    if found.name == "list":
        inner = found.args[0] if found.args else None
        if inner is None or inner.kind != "instance":
            # An attribute of another package's class: what it holds is not known.
            return ""
        if inner.name in {"str", "int", "float", "bool"} or all(
            isinstance(r, Seq) or _goes_over_members(project, r, function) for r in function.returns
        ):
            return ""
        return f"a list of `{inner.name.rpartition('.')[2]}`"
    if _is_model(project, found.name) and _has_lists(project, found.name):
        return f"`{found.name.rpartition('.')[2]}` with lists inside"
    if found.name == "dict":
        for value in function.returns:
            if isinstance(value, Dict) and any(_is_rows(project, item, function) for item in value.values):
                return "a dict with lists of rows inside"
    return ""


def _is_rows(project: Project, expr: Expr, function: FunctionInfo) -> bool:
    if isinstance(expr, Seq) or _goes_over_members(project, expr, function):
        # Written out, or one for each member of an enumeration, and so short.
        return False
    found = project.types.type_of(expr, function)
    return (
        found.name == "list"
        and bool(found.args)
        and found.args[0].kind == "instance"
        and (found.args[0].name == "dict" or found.args[0].name in project.index.classes)
    )


def _goes_over_members(project: Project, expr: Expr, function: FunctionInfo) -> bool:
    if not isinstance(expr, Comp):
        return False
    source = project.types.type_of(expr.generators[0].iter, function)
    return source.kind == "class" and is_enumeration(project.types, source.name)


def _is_model(project: Project, name: str) -> bool:
    return bool(_PYDANTIC & set(project.types.external_bases(name)))


def _has_lists(project: Project, name: str) -> bool:
    for cls in project.types.mro(name):
        for node in cls.attributes.values():
            found = project.types.annotation(node.annotation, cls.module)
            if found.name == "list" and found.args and found.args[0].name in project.index.classes:
                return True
    return False


def _finding(route: Route, found: Type, heavy: str, *, fast: bool) -> Finding:
    function = route.function
    return make(
        problem="missing-response-model",
        domain="request-response",
        severity=_SEVERITY.get(found.name, "low"),
        # How much it gains depends on the installed FastAPI, how often it matters on the size of what is returned, which is
        # not in the source.
        confidence="possible",
        message=f"`{function.name}` returns {heavy} with neither `response_model` nor a return type: FastAPI walks it in Python",
        module=function.module,
        owner=function.qualname,
        node=function.node,
        code="",
        routes=(route.name,),
        evidence=(
            SourceEvidence(
                text=f"returns {heavy}; the route declares no type",
                locations=tuple(function.at(value) for value in function.returns),
            ),
        ),
        impact=IMPACT if fast else None,
        fix_class="proved",
    )
