"""Lists of rows that a handler answers with, and the schema that FastAPI serialises each row by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.project.facts import Call, Dict, Expr, Name, string
from pitstop.project.model import FunctionInfo, Type
from pitstop.project.routes import Route

if TYPE_CHECKING:
    from pitstop.project import Project


def answered(project: Project, route: Route) -> Iterator[tuple[Expr, str, Type]]:
    """For each list of rows: what the handler returns, the schema, and the type of a row."""
    function = route.function
    if not isinstance(route.decorator, Call):
        return
    declared = route.decorator.keyword("response_model") or function.node.returns
    answer = project.types.annotation(declared, function.module)
    for value in function.returns:
        if answer.name == "list" and answer.args:
            yield from _rows(project, function, value, value, answer.args[0].name)
        elif answer.name in project.index.classes:
            for field, schema in _lists(project, answer.name):
                given = _given(function, value, field)
                if given is not None:
                    yield from _rows(project, function, value, given, schema)


def _rows(
    project: Project, function: FunctionInfo, value: Expr, rows: Expr, schema: str
) -> Iterator[tuple[Expr, str, Type]]:
    found = project.types.type_of(rows, function)
    if found.name == "list" and found.args and found.args[0].origin is not None:
        yield value, schema, found.args[0]


def _lists(project: Project, schema: str) -> Iterator[tuple[str, str]]:
    """The fields of a page that hold lists of other schemas: `items: list[OrderOut]`."""
    for cls in project.types.mro(schema):
        for name, node in cls.attributes.items():
            found = project.types.annotation(node.annotation, cls.module)
            if found.name == "list" and found.args and found.args[0].name in project.index.classes:
                yield name, found.args[0].name


def _given(function: FunctionInfo, value: Expr, field: str) -> Expr | None:
    """What a page holds under a name: of `{"items": rows}`, or of `Page(items=rows)`."""
    if isinstance(value, Name):
        bound = [b.value for b in function.bindings.get(value.id, ()) if b.how == "value" and not b.index]
        if len(bound) != 1 or bound[0] is None:
            return None
        value = bound[0]
    if isinstance(value, Call):
        return value.keyword(field)
    if isinstance(value, Dict):
        for key, inner in zip(value.keys, value.values, strict=True):
            if string(key) == field:
                return inner
    return None
