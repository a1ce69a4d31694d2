"""Pages cut out of lists that were made from all rows of a statement: `users[page * size : (page + 1) * size]`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pitstop.problems.database.python_side_filtering.conditions import is_expressible
from pitstop.problems.rows import is_same_turn
from pitstop.project.facts import (
    Attr,
    Call,
    Comp,
    Const,
    Expr,
    ExprStatement,
    For,
    If,
    IfExp,
    Name,
    Node,
    Op,
    OtherExpr,
    Sub,
    While,
    children,
)
from pitstop.project.loads import Load
from pitstop.project.model import FunctionInfo
from pitstop.project.orm import Model
from pitstop.project.rows import Use

if TYPE_CHECKING:
    from pitstop.project import Project

_DEPTH = 4


@dataclass
class Paged:
    """The pages cut, the filters on the way to them, and whether the rows are wanted for more than that."""

    slices: list[Node] = field(default_factory=list)
    filters: list[Node] = field(default_factory=list)
    others: bool = False


def paged(project: Project, load: Load, model: Model) -> Paged | None:
    """What is cut out of the rows of a load by bounds that come in by a parameter."""
    found = Paged()
    walk = _Walk(project, load, model, found)
    for use in project.loads.uses(load):
        walk.follow(use, (), is_row=True, depth=0)
    return found if found.slices else None


class _Walk:
    def __init__(self, project: Project, load: Load, model: Model, found: Paged) -> None:
        self._project = project
        self._load = load
        self._model = model
        self._flow = project.loads.flow(load.function)
        self._found = found

    def follow(self, use: Use, filters: tuple[Node, ...], *, is_row: bool, depth: int) -> None:
        """One use of the rows, or of a list with something for each of them, in their order."""
        parent = use.parent
        match parent:
            case Sub() if parent.value is use.node and is_page(parent, self._load.function):
                if is_same_turn(self._load, use):
                    self._found.slices.append(parent)
                    self._found.filters += [each for each in filters if each not in self._found.filters]
            case Comp() if parent.kind == "list" and depth < _DEPTH and parent.generators[0].iter is use.node:
                self._comprehension(parent, filters, is_row=is_row, depth=depth)
            case For() if parent.iter is use.node and depth < _DEPTH:
                self._loop(parent, filters, depth)
            case Comp():
                pass
            case If() | While() | IfExp() if parent.test is use.node:
                pass
            case Op() if parent.op == "Not":
                pass
            case Call() if isinstance(parent.func, Name) and parent.func.id in {"len", "bool"}:
                pass
            case _:
                # An answer made for each row may be given whole where no page is asked for.
                self._found.others |= is_row

    def _comprehension(self, comp: Comp, filters: tuple[Node, ...], *, is_row: bool, depth: int) -> None:
        generator = comp.generators[0]
        if len(comp.generators) > 1 or not isinstance(generator.target, Name):
            return
        row = generator.target.id
        if generator.ifs:
            if not is_row or not all(
                is_expressible(self._project, test, row, self._model, self._load.function)
                for test in generator.ifs
            ):
                return
            filters = (*filters, comp)
        made = comp.elements[0]
        for use in self._flow.uses(comp):
            self.follow(
                use, filters, is_row=is_row and isinstance(made, Name) and made.id == row, depth=depth + 1
            )

    def _loop(self, loop: For, filters: tuple[Node, ...], depth: int) -> None:
        """`for user in users: answers.append(shown(user))`, one for each."""
        for name in _appended(loop):
            for place in self._flow.names(name):
                use = Use(place, self._flow.parent(place))
                if isinstance(use.parent, Sub) and place.line > loop.line:
                    self.follow(use, filters, is_row=False, depth=depth + 1)


def _appended(loop: For) -> Iterator[str]:
    """The lists that each turn of a loop adds one thing to; none where some turns may add nothing."""
    if any(not isinstance(statement, ExprStatement) and _branches(statement) for statement in loop.body):
        return
    for statement in loop.body:
        if isinstance(statement, ExprStatement) and isinstance(statement.value, Call):
            func = statement.value.func
            if isinstance(func, Attr) and func.attr == "append" and isinstance(func.value, Name):
                yield func.value.id


def _branches(statement: object) -> bool:
    return type(statement).__name__ not in {"Assign", "Aug"}


def is_page(cut: Sub, function: FunctionInfo) -> bool:
    """Whether a slice has two bounds that come in by a parameter of the function."""
    if not isinstance(cut.index, OtherExpr) or len(cut.index.children) != 2:
        return False
    first, last = cut.index.children
    return not isinstance(first, Const) and _is_asked(first, function) and _is_asked(last, function)


def _is_asked(bound: Expr, function: FunctionInfo, depth: int = 0) -> bool:
    """Whether a bound is worked out from a parameter: `page * size`, `params.skip`, or a name for it."""
    if depth > _DEPTH:
        return False
    if isinstance(bound, Name):
        for binding in function.bindings.get(bound.id, ()):
            if binding.how == "parameter":
                return True
            if binding.how == "value" and binding.value is not None and not binding.index:
                return _is_asked(binding.value, function, depth + 1)
        return False
    if isinstance(bound, Attr):
        return not (isinstance(bound.value, Name) and bound.value.id in {"self", "cls"}) and _is_asked(
            bound.value, function, depth + 1
        )
    return any(_is_asked(inner, function, depth + 1) for inner in children(bound))
