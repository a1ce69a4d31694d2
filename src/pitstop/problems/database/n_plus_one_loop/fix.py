"""Asks once, before the loop, for what each turn asks."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Function, Source
from pitstop.problems.database.n_plus_one_loop.batches import Shape, batched, take_apart
from pitstop.problems.database.n_plus_one_loop.guards import refuse
from pitstop.problems.database.n_plus_one_loop.naming import (
    bring_names,
    free,
    names_around,
    plural,
    quoted,
    snake,
)
from pitstop.problems.database.n_plus_one_loop.related import related
from pitstop.problems.database.n_plus_one_loop.resolvers import resolver_findings
from pitstop.problems.database.n_plus_one_loop.rule import IMPACT, Match, matches
from pitstop.problems.database.n_plus_one_loop.seen import Seen, see
from pitstop.problems.editing import import_class, open_source, twin_of
from pitstop.problems.layout import settle
from pitstop.project.facts import Call, For

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_HELD = " A test that shares its session with the app does not show that: `get` sends nothing for rows that the test has in the session."


def propose(finding: Finding, project: Project) -> Patch:
    """One query before the loop and a look-up in it. Raises PatchError."""
    match = next((m for m in matches(project) if m.finding.id == finding.id), None)
    if match is None and any(f.id == finding.id for f in resolver_findings(project, IMPACT)):
        raise PatchError(
            "GraphQL calls the resolver for each object: a data loader has to be written that asks for all of them at once"
        )
    if match is None:
        raise PatchError("the loop is not there any more")
    if _asks_the_same(project, match):
        raise PatchError(
            "nothing of what it asks for is another on the next turn: ask once before the loop, unless a turn changes what is read"
        )
    if match.query.statement is None:
        raise PatchError("the rows are not read by a statement of SQLAlchemy: it has to be batched by hand")
    if finding.places:
        raise PatchError("several calls would have to change together")
    changes, shape = _changes(project, match)
    return make_patch(
        finding,
        f"Query once for all turns of the loop in {match.function.name}",
        changes,
        ("statements",),
        risk="All keys are sent in one statement, and all rows are in memory at once. Without ORDER BY the rows of one key may "
        "come in another order. Keys are compared by Python instead of the database's collation.",
        validate="The number of statements does not grow with the number of rows."
        + (_HELD if shape.kind == "get" else ""),
        rollback="pitstop undo",
    )


def _asks_the_same(project: Project, match: Match) -> bool:
    """Whether a call takes nothing that a loop around it binds, or of which one of its turns sets something."""
    source = open_source(project, match.finding.location.path)
    call = twin_of(source, ast.Call, match.site.node)
    bound: set[str] = set()
    for around in source.parents(call):
        if isinstance(around, Function | ast.Lambda):
            break
        if isinstance(
            around,
            ast.For | ast.AsyncFor | ast.While | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
        ):
            for node in ast.walk(around):
                bound |= _changed(node)
    return not _names(call) & bound


def _changed(node: ast.AST) -> set[str]:
    """The names that a node binds, or of which it sets something."""
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        return _names(node)
    return {node.arg} if isinstance(node, ast.arg) else set()


def _changes(project: Project, match: Match) -> tuple[tuple[FileChange, ...], Shape]:
    seen = see(project, match)
    source = seen.source
    loop, target, iterable, statement = _loop(source, match)
    names = {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
    shape = take_apart(seen.value, names)
    refuse(project, match, seen, loop, target, shape)
    if shape.kind == "get":
        joined = related(project, match, seen, shape, target, _model(project, match)[0])
        if joined is not None:
            return joined, shape
    taken = names_around(source, statement)
    edits: list[Edit] = []
    lines: list[str] = []
    rows = _rows(project, match, source, target, iterable, taken)
    counted = _counted(iterable, target)
    if counted is not None and names - {"_"} >= {counted[1].id} >= _names(shape.key) & names:
        rows, target = source.segment(counted[0]), counted[1]
    elif rows != source.segment(iterable):
        lines.append(f"{rows} = {_listed(project, match, source, iterable)}")
        edits.append(source.edit(source.start(iterable), source.end(iterable), rows))
    keys = _keys(shape, source.segment(target), rows, taken)
    made, use = _batch(project, match, seen, shape, keys, taken, edits)
    lines += made
    indent = source.indentation(statement)
    start = source.line_start(source.line_of(source.start(statement)))
    text = "".join(f"{indent}{quoted(source, line)}{source.newline}" for line in lines)
    edits.append(source.edit(start, start, text))
    edits.append(source.edit(source.start(seen.place), source.end(seen.place), quoted(source, use)))
    return (settle(source, edits),), shape


def _keys(shape: Shape, target: str, rows: str, taken: set[str]) -> str:
    """The keys of all turns as a set, which `set()` makes where each turn is a key by itself."""
    key = ast.unparse(shape.key)
    if key == target and "set" not in taken:
        return f"set({rows})"
    return f"{{{key} for {target} in {rows}}}"


def _names(expr: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(expr) if isinstance(n, ast.Name)}


def _counted(iterable: ast.expr, target: ast.expr) -> tuple[ast.expr, ast.Name] | None:
    """The rows and their name in `for number, row in enumerate(rows)`, where the rows can be gone through twice."""
    if (
        isinstance(iterable, ast.Call)
        and isinstance(iterable.func, ast.Name)
        and iterable.func.id == "enumerate"
        and len(iterable.args) == 1
        and isinstance(iterable.args[0], ast.Attribute)
        and _is_plain(iterable.args[0])
        and isinstance(target, ast.Tuple)
        and isinstance(target.elts[-1], ast.Name)
    ):
        return iterable.args[0], target.elts[-1]
    return None


def _loop(
    source: Source, match: Match
) -> tuple[ast.For | ast.ListComp | ast.SetComp | ast.DictComp, ast.expr, ast.expr, ast.stmt]:
    """The loop, its target and iterable, and the statement before which the batch goes."""
    if isinstance(match.loop, For):
        if match.loop.is_async:
            raise PatchError("the loop is an `async for`, whose rows come one by one")
        loop = twin_of(source, ast.For, match.loop)
        if len(match.site.loops) > 1:
            raise PatchError("the query stands in a loop within a loop")
        if not source.begins_line(loop) or loop.lineno == loop.body[0].lineno:
            raise PatchError("the loop shares its line with other statements")
        return loop, loop.target, loop.iter, loop
    comp = twin_of(source, ast.expr, match.loop)
    if not isinstance(comp, ast.ListComp | ast.SetComp | ast.DictComp) or len(comp.generators) != 1:
        raise PatchError("the query stands in a comprehension that cannot be taken apart")
    if comp.generators[0].is_async or len(match.site.loops) > 1:
        raise PatchError("the query stands in a loop within a loop, or in an asynchronous comprehension")
    statement = source.statement(comp)
    simple = isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Expr)
    if not simple or not source.begins_line(statement):
        raise PatchError("the comprehension stands where nothing can be put before it")
    for parent in source.parents(comp):
        if isinstance(parent, ast.IfExp | ast.BoolOp | ast.Lambda):
            raise PatchError("the comprehension runs only under a condition")
        if parent is statement:
            break
    return comp, comp.generators[0].target, comp.generators[0].iter, statement


def _rows(
    project: Project, match: Match, source: Source, target: ast.expr, iterable: ast.expr, taken: set[str]
) -> str:
    """The name of the rows: as they are called already, if they can be gone through twice, or a new one."""
    light = match.loop.iter if isinstance(match.loop, For) else match.loop.generators[0].iter
    found = project.types.type_of(light, match.function).name
    if found in {"list", "tuple", "set", "frozenset", "dict"} and _is_plain(iterable):
        return source.segment(iterable)
    return free(taken, plural(target.id if isinstance(target, ast.Name) else "row"))


def _is_plain(expr: ast.expr) -> bool:
    """A name, or an attribute of one: reading it twice gives the same."""
    return isinstance(expr, ast.Name) or (isinstance(expr, ast.Attribute) and _is_plain(expr.value))


def _listed(project: Project, match: Match, source: Source, iterable: ast.expr) -> str:
    loop = match.loop
    node = loop.iter if isinstance(loop, For) else loop.generators[0].iter
    found = project.types.type_of(node, match.function)
    text = source.segment(iterable)
    if found.name == "list":
        return text
    if found.name in {"sqlalchemy.ScalarResult", "sqlalchemy.Result"}:
        return f"({text}).all()" if isinstance(iterable, ast.Await) else f"{text}.all()"
    return f"list({text})"


def _batch(
    project: Project, match: Match, seen: Seen, shape: Shape, keys: str, taken: set[str], edits: list[Edit]
) -> tuple[list[str], str]:
    """The lines before the loop, and what stands for the query inside it."""
    session, wait = ast.unparse(shape.session), "await " if shape.is_async else ""
    key = ast.unparse(shape.key)
    source = seen.source
    if shape.kind == "get":
        return _by_primary_key(project, match, seen, shape, keys, taken, edits)
    assert isinstance(shape.column, ast.Attribute)
    bring_names(seen, shape, edits)
    attribute = shape.column.attr
    text = batched(shape, keys)
    if shape.kind == "count":
        owner = ast.unparse(shape.column.value).rpartition(".")[2]
        name = free(taken, f"{snake(owner)}_counts", f"{snake(owner)}_counts_by_{attribute}")
        method = "exec" if shape.method == "exec" else "execute"
        return [
            f"{name} = {{key: count for key, count in {wait}{session}.{method}({text})}}"
        ], f"{name}.get({key}, 0)"
    assert shape.model is not None
    entity = snake(ast.unparse(shape.model))
    name = free(taken, f"{plural(entity)}_by_{attribute}")
    if shape.kind == "one":
        if not _is_unique(project, shape):
            raise PatchError(
                "only one row is taken of those found, and the column does not tell that there is one only"
            )
        return [
            f"{name} = {{{entity}.{attribute}: {entity} for {entity} in {wait}{session}.{shape.method}({text})}}"
        ], f"{name}.get({key})"
    row = free(taken, entity, "row", f"{entity}_row")
    imports, default = ensure_import(source, "collections", "defaultdict", at=seen.place)
    edits += imports
    made = [
        f"{name} = {default}(list)",
        f"for {row} in {wait}{session}.{shape.method}({text}):",
        f"{source.indent_unit}{name}[{row}.{attribute}].append({row})",
    ]
    return made, f"{name}[{key}]"


def _by_primary_key(
    project: Project, match: Match, seen: Seen, shape: Shape, keys: str, taken: set[str], edits: list[Edit]
) -> tuple[list[str], str]:
    session, wait = ast.unparse(shape.session), "await " if shape.is_async else ""
    key = ast.unparse(shape.key)
    model, attribute = _model(project, match)
    entity = snake(model)
    name = free(taken, f"{plural(entity)}_by_{attribute}")
    sibling = _sibling(seen.callee)
    if sibling is not None and isinstance(match.site.node, Call):
        receiver = ast.unparse(_receiver(seen.source, match))
        return [f"{name} = {wait}{receiver}.{sibling}({keys})"], f"{name}.get({key})"
    local = _import_model(project, seen, model, edits)
    method, select = "scalars", ""
    for binding in seen.source_module.bindings.get("select", ()):
        if binding.target in {"sqlmodel.select", "sqlmodel.sql.expression.select"}:
            method, select = "exec", "select"
    if not select:
        imports, select = ensure_import(seen.source, "sqlalchemy", "select", at=seen.place)
        edits += imports
    text = f"{select}({local}).where({local}.{attribute}.in_({keys}))"
    return [
        f"{name} = {{{entity}.{attribute}: {entity} for {entity} in {wait}{session}.{method}({text})}}"
    ], f"{name}.get({key})"


def _is_unique(project: Project, shape: Shape) -> bool:
    assert isinstance(shape.column, ast.Attribute)
    written = ast.unparse(shape.column.value).rpartition(".")[2]
    models = [m for m in project.models.all.values() if m.info.name == written]
    column = models[0].columns.get(shape.column.attr) if len(models) == 1 else None
    if column is None or ast.unparse(shape.column.value) != ast.unparse(shape.model or shape.column):
        return False
    keys = [c for c in models[0].columns.values() if c.primary_key]
    return column.unique or keys == [column]


def _model(project: Project, match: Match) -> tuple[str, str]:
    """The class that is looked up and the attribute of its primary key."""
    found = project.types.type_of(match.site.node, match.function)
    entity = found.args[0] if found.kind == "coroutine" and found.args else found
    model = project.models.all.get(entity.name)
    if model is None:
        raise PatchError("the model that is looked up is not known")
    keys = [c.attribute for c in model.columns.values() if c.primary_key]
    if len(keys) != 1:
        raise PatchError(f"`{model.info.name}` has a primary key of several columns")
    return model.name, keys[0]


def _import_model(project: Project, seen: Seen, model: str, edits: list[Edit]) -> str:
    imports, local = import_class(
        project, seen.source, seen.source_module, project.index.classes[model], seen.place
    )
    edits += imports
    return local


def _sibling(callee: FunctionInfo | None) -> str | None:
    """A method beside the one called that takes many keys and gives a dict of rows by key."""
    if callee is None or callee.owner is None:
        return None
    for method in callee.owner.methods.values():
        parameters = [p for p in method.node.parameters if p.kind == ""][1:]
        text = method.module.text(method.node)
        by_key = len(method.returns) == 1 and type(method.returns[0]).__name__ == "Comp"
        if len(parameters) == 1 and by_key and ".in_(" in text and method.is_async == callee.is_async:
            comp = method.returns[0]
            if getattr(comp, "kind", "") == "dict":
                return method.name
    return None


def _receiver(source: Source, match: Match) -> ast.expr:
    call = twin_of(source, ast.Call, match.site.node)
    if not isinstance(call.func, ast.Attribute):
        raise PatchError("the query is called in a way that hides its object")
    return call.func.value
