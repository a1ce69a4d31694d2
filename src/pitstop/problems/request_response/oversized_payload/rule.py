"""Routes that answer with a list of what another route answers with for a single one, lists of related rows included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make, merge_places
from pitstop.project.doubt import is_administration
from pitstop.project.facts import Assign, Call, Node
from pitstop.project.model import ClassInfo, FunctionInfo, Type
from pitstop.project.routes import Route

if TYPE_CHECKING:
    from pitstop.project import Project

IMPACT = Impact(
    text="the bytes of a list and the time to validate and write it",
    expected=(6.0, 80.0),
    source="50 items with four nested lists of 3 to 30 rows, against none: 6 to 79× the time, 11 to 101× the bytes; pitstop's own measurement",
)
MOST = 2
"""As many nested lists are the tags and the like that a list shows."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """A route that answers with a list: the schema of an item, and where it is named."""

    route: Route
    item: str
    page: tuple[ClassInfo, Assign] | None = None
    """The field of the page that holds the items."""


def find(project: Project) -> list[Finding]:
    """One finding for each schema that lists and single answers share, and that holds many lists of related rows."""
    single = _single(project)
    found = []
    for listed in _lists(project, single):
        if listed.item not in single or listed.item in project.models.all:
            continue
        nested = _nested(project, listed.item)
        model, names = _related(project, nested)
        if len(names) > MOST:
            found.append(_finding(project, listed, single[listed.item], model, names))
    return merge_places(found)


def _answers(project: Project, function: FunctionInfo, decorator: Call) -> Type:
    declared = decorator.keyword("response_model") or function.node.returns
    return project.types.annotation(declared, function.module)


def _single(project: Project) -> dict[str, Route]:
    """Schemas that some `GET /things/{id}` answers with."""
    found: dict[str, Route] = {}
    for route in project.routes.all:
        if route.decorator is None or route.kind != "route" or "GET" not in route.methods:
            continue
        if route.path.rstrip("/").endswith("}"):
            answer = _answers(project, route.function, route.decorator)
            if answer.name in project.index.classes:
                found.setdefault(answer.name, route)
    return found


def _lists(project: Project, single: dict[str, Route]) -> Iterator[_Listed]:
    for route in project.routes.all:
        if route.decorator is None or route.kind != "route" or not {"GET", "POST"} & set(route.methods):
            continue
        if route.path.rstrip("/").endswith("}"):
            # One thing is asked for, and what belongs to it.
            continue
        answer = _answers(project, route.function, route.decorator)
        if answer.name == "list" and answer.args:
            yield _Listed(route, answer.args[0].name)
            continue
        if answer.name not in project.index.classes:
            # No declared answer: a page made in the handler, and sent as JSON.
            answer = next(_made(project, route.function), answer)
        held = _items(project, answer) if answer.name not in single else None
        if held is not None:
            yield _Listed(route, held[0], held[1])
        else:
            # `Page[OrderOut]` of this or another package.
            for argument in answer.args:
                if argument.name in project.index.classes and argument.name != answer.name:
                    yield _Listed(route, argument.name)


def _made(project: Project, function: FunctionInfo) -> Iterator[Type]:
    for site in function.calls:
        found = project.types.type_of(site.node, function)
        if found.name in project.index.classes and _items(project, found) is not None:
            yield found


def _items(project: Project, page: Type) -> tuple[str, tuple[ClassInfo, Assign]] | None:
    """The schema of the items of a page, which holds one list of schemas and beside it only numbers and the like."""
    found = None
    for cls in project.types.mro(page.name):
        for node in cls.attributes.values():
            held = project.types.annotation(node.annotation, cls.module)
            if held.name == "list" and held.args and held.args[0].name in project.index.classes:
                if found is not None:
                    return None
                found = held.args[0].name, (cls, node)
            elif held.name in project.index.classes and held.kind == "instance":
                return None
    return found


def _nested(project: Project, schema: str) -> set[str]:
    """The fields of a schema that hold lists of further schemas."""
    found = set()
    for cls in project.types.mro(schema):
        for name, node in cls.attributes.items():
            held = project.types.annotation(node.annotation, cls.module)
            if held.name == "list" and held.args and held.args[0].name in project.index.classes:
                found.add(name)
    return found


def _related(project: Project, names: set[str]) -> tuple[str, list[str]]:
    """The mapped class that most of the fields are relationships of, and those fields."""
    best: tuple[str, list[str]] = ("", [])
    if len(names) <= MOST:
        return best
    for model in project.models.all.values():
        mine = [n for n in sorted(names) if (r := model.relationships.get(n)) is not None and r.many]
        if len(mine) > len(best[1]):
            best = (model.info.name, mine)
    return best


def _finding(project: Project, listed: _Listed, single: Route, model: str, names: list[str]) -> Finding:
    function = listed.route.function
    item = project.index.classes[listed.item]
    decorator = listed.route.decorator
    assert decorator is not None
    module, owner = function.module, function.qualname
    node: Node = decorator.keyword("response_model") or function.node.returns or decorator
    if listed.page is not None:
        holder, node = listed.page
        module, owner = holder.module, holder.qualname
    told = ", ".join(f"`{name}`" for name in names[:4]) + (f" and {len(names) - 4} more" if names[4:] else "")
    return make(
        problem="oversized-payload",
        domain="request-response",
        severity="low" if is_administration([listed.route]) else "medium",
        confidence="possible",
        message=f"each item of the list carries all its {told}: `{item.name}` is also what `{single.name}` answers with",
        module=module,
        owner=owner,
        node=node,
        identity=(item.qualname, "items"),
        routes=(listed.route.name,),
        evidence=(
            SourceEvidence(
                text=f"{len(names)} fields of `{item.name}` are lists of rows that belong to a `{model}`",
                locations=(item.location, function.location, single.function.location),
            ),
        ),
        impact=IMPACT,
        fix_class="decide",
    )
