"""A statement for one row, written for all: INSERT with a list of rows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.python import Source
from pitstop.problems.database.row_by_row_write.guards import Place, bound_in, is_alone, parts_of
from pitstop.project.facts import Call, Expr, children

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.orm import Model
    from pitstop.project.writes import Write

_HAS_DEFAULT = re.compile(r"default")
_KEPT = {"insert", "on_conflict_do_nothing", "on_conflict_do_update", "execution_options", "prefix_with"}


def one_insert(project: Project, write: Write, place: Place) -> list[Edit]:
    """The edits that collect the rows and insert them below the loop. Raises PatchError."""
    source, function = place.source, write.function
    statement, values = _inserted(place)
    model = _model(project, function, _first_argument(values.func))
    bound = bound_in(place.loop)
    if {n.id for n in parts_of((statement,))} & bound - {n.id for n in parts_of(tuple(values.keywords))}:
        raise PatchError("the statement is another on each turn")
    for keyword in values.keywords:
        _refuse_value(project, function, model, keyword, source)
    quote = source.quote
    row = "{" + ", ".join(f"{quote}{k.arg}{quote}: {_inline(source, k.value)}" for k in values.keywords) + "}"
    taken = {n.id for n in parts_of((_function_of(source, place.loop),))}
    name = next(each for each in ("rows", "new_rows", "rows_to_insert") if each not in taken)
    assert isinstance(values.func, ast.Attribute)
    before = source.data[source.start(place.statement) : source.end(values.func.value)].decode()
    after = source.data[source.end(values) : source.end(statement)].decode()
    rest = source.data[source.end(statement) : source.end(place.statement)].decode()
    indent, unit = source.indentation(place.loop), source.indent_unit
    sent = [f"if {name}:", f"{unit}{before}{after}, {name}{rest.lstrip(',').lstrip()}"]
    start, end = source.start(place.loop), source.end(place.loop)
    tail = "".join(f"{source.newline}{indent}{line}" for line in sent)
    if is_alone(place) and not _has_comment(source, place.loop):
        header = _header(source, place)
        return [source.edit(start, end, f"{name} = [{row} {header}]{tail}")]
    own = source.start(place.statement), source.end(place.statement)
    return [
        source.edit(start, start, f"{name} = []{source.newline}{indent}"),
        source.edit(*own, f"{name}.append({row})"),
        source.edit(end, end, tail),
    ]


def _inserted(place: Place) -> tuple[ast.expr, ast.Call]:
    """The statement that a turn sends, and the `values(...)` in it."""
    if len(place.call.args) != 1 or place.call.keywords:
        raise PatchError("the statement is sent with more than its values")
    statement = place.call.args[0]
    values: list[ast.Call] = []
    node: ast.expr = statement
    while isinstance(node, ast.Call):
        name = ast.unparse(node.func).rpartition(".")[2]
        if name == "values":
            values.append(node)
        elif name not in _KEPT and not isinstance(node.func, ast.Name):
            raise PatchError(f"the statement says `{name}`, which is for one row")
        if not isinstance(node.func, ast.Attribute):
            break
        node = node.func.value
    if len(values) != 1:
        raise PatchError("the statement is put together elsewhere")
    if values[0].args or any(k.arg is None for k in values[0].keywords) or not values[0].keywords:
        raise PatchError("which columns the statement fills cannot be read from `values(...)`")
    return statement, values[0]


def _first_argument(func: ast.expr) -> ast.expr:
    """What `insert` is given, in `insert(Model).on_conflict_do_nothing().values`."""
    node = func
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Attribute):
            node = node.value
        elif isinstance(node.func, ast.Attribute) and node.func.attr != "insert":
            node = node.func.value
        elif len(node.args) == 1:
            return node.args[0]
        else:
            break
    raise PatchError("the table of the statement cannot be read")


def _model(project: Project, function: FunctionInfo, named: ast.expr) -> Model:
    for site in function.sites:
        if site.node.span == _span(named):
            model = project.models.all.get(project.types.type_of(site.node, function).name)
            if model is not None:
                return model
    raise PatchError(f"`{ast.unparse(named)}` is not a model of the project")


def _refuse_value(
    project: Project, function: FunctionInfo, model: Model, keyword: ast.keyword, source: Source
) -> None:
    """Raise PatchError where a value means something else in a list of rows than it does in `values(...)`."""
    column = model.columns.get(keyword.arg or "")
    if column is None:
        raise PatchError(f"`{keyword.arg}` is not a column of `{model.info.name}`")
    is_plain = isinstance(keyword.value, ast.Constant) and keyword.value.value is not None
    # In a list of rows None stands for the default; in `values` it is NULL.
    if not is_plain and _HAS_DEFAULT.search(column.owner.module.text(column.node)):
        raise PatchError(
            f"`{keyword.arg}` has a default, which would take the place of None in a list of rows"
        )
    for site in function.sites:
        if site.node.span == _span(keyword.value) and any(
            _is_sql(project, function, part) for part in _inside(site.node)
        ):
            raise PatchError(f"`{source.segment(keyword.value)}` is worked out by the database")
    if any(isinstance(n, ast.Await | ast.NamedExpr | ast.Lambda) for n in ast.walk(keyword.value)):
        raise PatchError(f"`{source.segment(keyword.value)}` is not a plain value")


def _inside(expr: Expr) -> Iterator[Expr]:
    yield expr
    for child in children(expr):
        yield from _inside(child)


def _is_sql(project: Project, function: FunctionInfo, expr: Expr) -> bool:
    found = project.types.type_of(expr.func if isinstance(expr, Call) else expr, function)
    return found.name.startswith(("sqlalchemy", "sqlmodel")) or (
        found.kind == "class" and found.name in project.models.all
    )


def _inline(source: Source, value: ast.expr) -> str:
    text = source.segment(value)
    return f"({text})" if "\n" in text and not isinstance(value, ast.Call | ast.Dict | ast.List) else text


def _header(source: Source, place: Place) -> str:
    """The loop as a comprehension says it."""
    loop = place.loop
    word = "async for" if isinstance(loop, ast.AsyncFor) else "for"
    return f"{word} {source.segment(loop.target)} in {source.segment(loop.iter)}"


def _function_of(source: Source, loop: ast.stmt) -> ast.AST:
    return next(p for p in source.parents(loop) if isinstance(p, ast.FunctionDef | ast.AsyncFunctionDef))


def _has_comment(source: Source, loop: ast.stmt) -> bool:
    lines = range(loop.lineno, (loop.end_lineno or loop.lineno) + 1)
    return any(token.string.startswith("#") and token.start[0] in lines for token in source.tokens)


def _span(node: ast.expr) -> tuple[int, int, int | None, int | None]:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset
