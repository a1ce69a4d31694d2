"""Unions of tagged models without a discriminator, in what routes take or answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Impact, Severity, SourceEvidence
from pitstop.problems.findings import make
from pitstop.problems.request_response.smart_union_where_discriminated.unions import Union, Unions, says_how
from pitstop.project.facts import Call, Expr, Parameter, dotted

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.routes import Route

_FEW = 2
"""Models in a union whose cost nobody feels: twice the validation of one that is told apart."""
_SOURCE = (
    "pydantic 2.14, lists of 100 models with 8 fields, 3 to 12 models in the union; pitstop's own measurement"
)
_TAKEN = Impact(text="validation of the items", expected=(2.5, 10.0), source=_SOURCE)
_ANSWERED = Impact(
    text="validation of the answer",
    expected=(1.8, 6.0),
    source="the same with model instances in an answer, 4 to 12 models; pitstop's own measurement",
)


@dataclass(slots=True)
class _Met:
    """Where a union is met."""

    union: Union
    routes: list[str] = field(default_factory=list)
    taken: bool = False
    many: bool = False


def find(project: Project) -> list[Finding]:
    """One finding for each union that routes validate one model after the other."""
    return [finding for finding, _ in matches(project)]


def matches(project: Project) -> list[tuple[Finding, Union]]:
    """Each finding with its union."""
    if project.versions.before("pydantic", 2) or "Literal" not in _texts(project):
        return []
    unions = Unions(project)
    met: dict[tuple[str, int], _Met] = {}
    for route in project.routes.all:
        if route.kind != "route":
            continue
        for annotation, taken in _annotations(project, route):
            for union, many in unions.reached(annotation, route.function.module):
                place = met.setdefault((union.module.path, union.node.at), _Met(union))
                place.routes.append(route.name)
                place.taken = place.taken or taken
                place.many = place.many or many
    return [(_finding(place), place.union) for place in met.values() if _is_felt(place)]


def _texts(project: Project) -> str:
    return next((file.text for file in project.files if "Literal" in file.text), "")


def _annotations(project: Project, route: Route) -> Iterator[tuple[Expr, bool]]:
    """What is declared of the body and of the answer of a route, and whether it is the body."""
    for parameter in route.function.node.parameters:
        told = says_how(parameter.default) or _is_provided(project, route, parameter)
        if parameter.annotation is not None and not told:
            yield parameter.annotation, True
    declared = route.decorator.keyword("response_model") if route.decorator is not None else None
    answer = declared if declared is not None else route.function.node.returns
    if answer is not None:
        yield answer, False


def _is_provided(project: Project, route: Route, parameter: Parameter) -> bool:
    """Whether a dependency gives a parameter: what it gives is not validated."""
    metadata = project.types.metadata(parameter.annotation, route.function)
    return any(_depends(expr) for expr in (parameter.default, *(item for item, _, _ in metadata)))


def _depends(expr: Expr | None) -> bool:
    called = expr.func if isinstance(expr, Call) else expr
    return dotted(called).rpartition(".")[2] in {"Depends", "Security"}


def _is_felt(place: _Met) -> bool:
    models = len(place.union.models)
    return models > _FEW if place.taken else place.many and models > _FEW + 1


def _finding(place: _Met) -> Finding:
    union = place.union
    severity: Severity = "medium" if place.many else "low"
    confidence: Confidence = "likely" if union.required else "possible"
    names = [name.rpartition(".")[2] for name in union.models]
    count = len(names)
    told = ", ".join(f"`{name}`" for name in names[:6]) + (" and more" if count > 6 else "")
    what = "each item" if place.many else "the value"
    wrong = f", and a wrong one is answered with the errors of all {count}" if place.taken else ""
    return make(
        problem="smart-union-where-discriminated",
        domain="request-response",
        severity=severity,
        confidence=confidence,
        message=f"{what} is validated against all {count} models of a union although "
        f"`{union.tag}` says which it is{wrong}",
        module=union.module,
        owner=union.owner,
        node=union.node,
        routes=tuple(dict.fromkeys(place.routes)),
        evidence=(
            SourceEvidence(
                text=f"{told} differ by the literal"
                f" `{union.tag}`, and nothing names it as discriminator"
                + ("" if union.required else "; but it has a default, and clients may leave it out"),
                locations=(union.module.location(union.node, union.owner),),
            ),
        ),
        impact=(_TAKEN if place.taken else _ANSWERED) if place.many else None,
        fix_class="decide",
    )
