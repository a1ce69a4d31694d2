"""Asks the session for the row by its key, which sends no statement for one that it has in hand."""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.python import Source
from pitstop.patching.rewrite import replace_expression
from pitstop.patching.statements import remove
from pitstop.problems.chains import name_of
from pitstop.problems.conditions import function_around, light
from pitstop.problems.database.duplicate_query.requests import given
from pitstop.problems.database.duplicate_query.rule import Match, matches
from pitstop.problems.editing import open_source, twin_of, without_dead_import
from pitstop.problems.kinds import of_column, of_value
from pitstop.problems.layout import settle
from pitstop.project.facts import Assign, Attr, Await, Call, Expr, Name, Walrus
from pitstop.project.model import FunctionInfo, awaited

if TYPE_CHECKING:
    from pitstop.project import Project

_OR_NONE = {"first", "one_or_none", "scalar", "scalar_one_or_none"}
_OR_ERROR = {"one", "scalar_one"}
_PASSES = {"scalars", "unique"}
_CHOOSE = {"filter", "filter_by", "where"}
_SENDS = {"exec", "execute", "scalar", "scalars"}
_GET_ONE = (2, 0, 22)
"""The version of SQLAlchemy since which sessions have `get_one`."""
_MODERN = ("sqlalchemy.ext.asyncio", "mapped_column", "async_sessionmaker", "sqlmodel")
"""What SQLAlchemy before 1.4, whose sessions have no `get`, does not have."""


def propose(finding: Finding, project: Project) -> Patch:
    """`session.get(Model, key)` for the second statement. Raises PatchError."""
    found = [match for match in matches(project) if match.finding.id == finding.id]
    if not found:
        # What only a run has seen says where, and not what the two have in common.
        raise PatchError("the values of the two statements were only seen to be the same in a run")
    _refuse(project, found)
    second = found[0].second
    source = open_source(project, second.query.function.module.path)
    row = _Row(source, twin_of(source, ast.Call, second.query.site.node))
    model = project.models.all[second.key[0]]
    entity, key = row.by_key([c.attribute for c in model.columns.values() if c.primary_key])
    of_key = of_value(project, light(second.query.function, key), second.query.function)
    of_row = of_column(project, model.columns[second.key[1][0][0]])
    if of_key.nullable or (of_key.name and of_row.name and of_key.name != of_row.name):
        raise PatchError(
            "the key is of another type than the column, or may be None: a session knows rows by their very key"
        )
    edits = row.edits(f"{row.session}.{row.method(project)}({entity}, {source.segment(key)})")
    return make_patch(
        finding,
        f"Look up the {model.info.name} by its key in {second.query.function.name}",
        (without_dead_import(settle(source, edits), "select"),),
        ("statements",),
        risk="A row that the session has in hand is taken as it is, whether another process has deleted it meanwhile or not, and what the session has not written yet "
        "is not written first.",
        validate="One statement less in each request, and the same answers, 404 included.",
        rollback="pitstop undo",
    )


# --- whether the session has the row ---------------------------------------------------------------------------------


def _refuse(project: Project, found: list[Match]) -> None:
    """Raise unless the session of the second read surely knows the row still, and may hand it out."""
    second = found[0].second
    if len({(m.second.query.function.qualname, m.second.query.site.node.at) for m in found}) > 1:
        raise PatchError("several functions read the row again")
    if not second.is_row:
        raise PatchError("more than one row is read, or not by its key: hand over what was read first")
    if any(m.first.own_session or m.second.own_session for m in found):
        raise PatchError("each read opens a session of its own, which knows nothing of the other's rows")
    model = project.models.all[second.key[0]]
    keys = [c.attribute for c in model.columns.values() if c.primary_key]
    if [column for column, _ in second.key[1]] != keys or len(keys) != 1:
        raise PatchError("the row is not looked up by a primary key of one column")
    if not any(_is_kept(project, match) for match in found):
        raise PatchError(
            "nothing keeps the row that was read first, so that the session forgets it: hand it over instead"
        )
    modules = project.index.by_path.values()
    if any(m.says(word) for m in modules for word in ("do_orm_execute", "with_loader_criteria")):
        raise PatchError("conditions are added to each statement, which rows in hand are not asked for")
    known = project.versions.of("sqlalchemy")
    if known is not None and known < (1, 4):
        raise PatchError("sessions of SQLAlchemy before 1.4 have no `get`")
    if known is None and not any(m.says(word) for m in modules for word in _MODERN):
        raise PatchError(
            "which SQLAlchemy the service runs with is not known, and those before 1.4 have no `session.get`"
        )


def _is_kept(project: Project, match: Match) -> bool:
    """Whether something holds the row that was read first until it is read again: a name of the function, or FastAPI."""
    first, second = match.first, match.second
    function = first.steps[0].function
    model = second.key[0]
    if function is not second.steps[0].function:
        return given(project.types, function) == model
    for target in _names(project, function, first.site.node, model):
        set_at = [b.line for b in function.bindings.get(target.id, ()) if b.how != "annotation"]
        if not any(target.line < line <= second.site.node.line for line in set_at):
            return True
    return False


def _names(
    project: Project, function: FunctionInfo, expr: Expr, model: str, depth: int = 0
) -> Iterator[Name]:
    """The names that hold the row which comes of an expression, maybe by way of a name for the result."""
    flow = project.loads.flow(function)
    parent = flow.parent(expr)
    while isinstance(parent, (Await, Attr)) or (isinstance(parent, Call) and parent.func is expr):
        expr, parent = parent, flow.parent(parent)
    target = parent.target if isinstance(parent, Walrus) else None
    if isinstance(parent, Assign) and len(parent.targets) == 1:
        target = parent.targets[0]
    if not isinstance(target, Name):
        return
    if awaited(project.types.type_of(expr, function)).name == model:
        yield target
    elif not depth:
        for place in flow.names(target.id):
            if place is not target:
                yield from _names(project, function, place, model, depth + 1)


# --- the second read, as it is written -------------------------------------------------------------------------------


class _Row:
    """How one row is read: the session, the statement, and the expression that gives the row in the end."""

    def __init__(self, source: Source, sent: ast.Call) -> None:
        self._source = source
        self._sent = sent
        self._gone: list[ast.stmt] = []
        assert isinstance(sent.func, ast.Attribute)
        self._waits = isinstance(next(source.parents(sent)), ast.Await)
        if sent.func.attr in _SENDS:
            if len(sent.args) != 1 or sent.keywords:
                raise PatchError("the statement is sent with more than itself")
            self.session = source.segment(sent.func.value)
            self._statement = self._written(sent.args[0])
            self._top, self._taken = self._row_of(sent, sent.func.attr)
        else:
            self._statement, self._top, self._taken = sent.func.value, sent, sent.func.attr
            root = self._root(self._statement)
            self.session = source.segment(root.func.value) if isinstance(root.func, ast.Attribute) else ""
        if self._taken not in _OR_NONE | _OR_ERROR:
            raise PatchError("how the row is taken from what the statement gives cannot be followed")

    def _written(self, statement: ast.expr) -> ast.expr:
        """A statement itself, where it goes by a name that stands for nothing else."""
        if not isinstance(statement, ast.Name):
            return statement
        stores = self._mentions(statement.id, ast.Store)
        loading = self._source.statement(statement)
        before = next(self._source.parents(stores[0])) if len(stores) == 1 else None
        if not isinstance(before, ast.Assign) or not self._follow(before, loading, statement.id):
            raise PatchError(f"`{statement.id}` is not made in the line before, and for this alone")
        return before.value

    def _row_of(self, sent: ast.expr, taken: str) -> tuple[ast.expr, str]:
        """The expression that gives the row, and by which method."""
        top: ast.expr = sent
        for parent in self._source.parents(sent):
            if isinstance(parent, ast.Await | ast.Attribute):
                if taken in _OR_NONE | _OR_ERROR and isinstance(parent, ast.Attribute):
                    break
                top = parent
            elif isinstance(parent, ast.Call) and parent.func is top and not parent.args:
                top, taken = parent, name_of(parent)
                if taken not in _PASSES | _OR_NONE | _OR_ERROR:
                    break
            else:
                break
        if isinstance(top, ast.Attribute) or taken in _OR_NONE | _OR_ERROR:
            return top, taken
        before = next(self._source.parents(top))
        if (
            isinstance(before, ast.Assign)
            and len(before.targets) == 1
            and isinstance(before.targets[0], ast.Name)
        ):
            name = before.targets[0].id
            uses = self._mentions(name, ast.Load)
            if uses and self._follow(before, self._source.statement(uses[0]), name):
                return self._row_of(uses[0], "")
        return top, taken

    def _follow(self, before: ast.Assign, after: ast.stmt, name: str) -> bool:
        """Whether a name is set by one statement for the next one alone; the first is needed no more then."""
        block, place = self._source.block(before)
        if len(self._mentions(name, ast.Store)) != 1 or len(self._mentions(name, ast.Load)) != 1:
            return False
        if place + 1 >= len(block) or block[place + 1] is not after:
            return False
        self._gone.append(before)
        return True

    def _mentions(self, name: str, how: type[ast.expr_context]) -> list[ast.Name]:
        function = function_around(self._source, self._sent)
        return [
            node
            for node in ast.walk(function)
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, how)
        ]

    @staticmethod
    def _root(statement: ast.expr) -> ast.Call:
        """`select(Model)` or `session.query(Model)`."""
        while isinstance(statement, ast.Call) and isinstance(statement.func, ast.Attribute):
            if name_of(statement) == "query":
                return statement
            statement = statement.func.value
        if isinstance(statement, ast.Call) and name_of(statement) == "select":
            return statement
        raise PatchError("the statement is not one `select` of a model, written where it is sent")

    def by_key(self, keys: list[str]) -> tuple[str, ast.expr]:
        """The model and the value that its key is compared with, by which alone the row is chosen. Raises PatchError."""
        root = self._root(self._statement)
        if len(root.args) != 1 or root.keywords:
            raise PatchError("the statement is for more than one thing")
        entity = self._source.segment(root.args[0])
        conditions: list[tuple[ast.expr | str | None, ast.expr]] = []
        part = self._statement
        while part is not root:
            assert isinstance(part, ast.Call)
            assert isinstance(part.func, ast.Attribute)
            if name_of(part) in _CHOOSE:
                conditions += [(keyword.arg, keyword.value) for keyword in part.keywords]
                for test in part.args:
                    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq):
                        raise PatchError("the row is chosen by more than its key")
                    conditions.append((test.left, test.comparators[0]))
            elif name_of(part) != "limit":
                raise PatchError(f"what `{name_of(part)}` does to the row is not looked into")
            part = part.func.value
        if len(conditions) != 1:
            raise PatchError("the row is chosen by more than its key")
        column, value = conditions[0]
        if isinstance(value, ast.Attribute) and self._source.segment(value) == f"{entity}.{keys[0]}":
            column, value = value, column if isinstance(column, ast.expr) else value
        named = self._source.segment(column) if isinstance(column, ast.expr) else f"{entity}.{column}"
        if named != f"{entity}.{keys[0]}":
            raise PatchError("the row is not looked up by its key")
        return entity, value

    def method(self, project: Project) -> str:
        """`get`, or `get_one` where no row is an error. Raises PatchError."""
        if self._taken in _OR_NONE:
            return "get"
        known = project.versions.of("sqlalchemy")
        if known is None or known < _GET_ONE:
            raise PatchError(
                f"`{self._taken}` raises where there is no row, as `get_one` does from SQLAlchemy 2.0.22 on"
            )
        return "get_one"

    def edits(self, text: str) -> list[Edit]:
        """The row by another expression, and what only led to it taken out."""
        text = ("await " if self._waits else "") + text
        start, end = self._source.start(self._top), self._source.end(self._top)
        if any(
            token.type == tokenize.COMMENT and start < self._source.token_start(token) < end
            for token in self._source.tokens
        ):
            raise PatchError("a comment stands within the statement")
        edits = self._without_parentheses(text) or replace_expression(self._source, self._top, text)
        for statement in self._gone:
            edits += remove(self._source, statement, comment_stays=True)
        return edits

    def _without_parentheses(self, text: str) -> list[Edit]:
        """The row in place of all that a statement had in parentheses, which held what took several lines."""
        parent = next(self._source.parents(self._top))
        if not isinstance(parent, ast.Assign | ast.AnnAssign | ast.Return):
            return []
        start, end = self._source.start(self._top), self._source.end(self._top)
        before = [t for t in self._source.tokens if self._source.token_end(t) <= start and t.string.strip()]
        after = [t for t in self._source.tokens if self._source.token_start(t) >= end and t.string.strip()]
        if before[-1].string != "(" or not after or after[0].string != ")":
            return []
        opening, closing = self._source.token_start(before[-1]), self._source.token_end(after[0])
        return [self._source.edit(opening, closing, text)]
