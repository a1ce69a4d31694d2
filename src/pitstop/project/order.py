"""Which of the assignments to a local name can be the one that a use of it sees."""

from __future__ import annotations

from pitstop.project.facts import Expr, Name, children
from pitstop.project.model import Binding, FunctionInfo

MOST_BINDINGS = 12
"""Of a name that is bound anew hundreds of times, as many of the first and of the last are asked, and in no order."""


def seen(function: FunctionInfo, bindings: list[Binding], use: Name) -> list[Binding]:
    """The bindings that can have happened last where a name is used; all, where the text says nothing of the order.

    What stands further down has not happened yet, and what stands before one that surely ran since is gone. So a statement
    that is built up (`query = query.where(...)`) is read in the order in which it happens, and one that takes the name of
    another does not mean that.
    """
    if not 1 < len(bindings) <= 2 * MOST_BINDINGS:
        return bindings
    line, column, _, _ = use.span
    before = [
        b for b in bindings if b.value is None or b.how == "element" or b.value.span[2:] <= (line, column)
    ]
    for position in range(len(before) - 1, 0, -1):
        binding = before[position]
        if line <= _reaches(function, binding) and not _mentions(binding.value, use.id):
            return [b for b in before[:position] if b.how == "annotation"] + before[position:]
    return before or bindings


def _reaches(function: FunctionInfo, binding: Binding) -> int:
    """The last line down to which a binding has surely happened, when it stands before; 0 when that is not known."""
    if binding.how == "element":
        return function.loop_ends.get(id(binding.value), 0)
    return function.block_ends.get(binding.line, 0) if binding.how in {"value", "enter"} else 0


def _mentions(expr: Expr | None, name: str) -> bool:
    todo = [expr] if expr is not None else []
    while todo:
        current = todo.pop()
        if isinstance(current, Name) and current.id == name:
            return True
        todo.extend(children(current))
    return False
