"""Rows that are loaded only to be counted, or to see whether there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact
from pitstop.problems.findings import merge_places
from pitstop.problems.rows import finding_at, rows_of, whole_loads
from pitstop.project.facts import Attr, Call, Const, Expr, If, IfExp, Name, Node, Op, While, children
from pitstop.project.loads import Load
from pitstop.project.rows import Use

if TYPE_CHECKING:
    from pitstop.project import Project

IMPACT = Impact(
    text="one number instead of all rows",
    expected=(1.0, 10.0),
    source="10 000 rows: `count()` 10× faster than `len(all())`; pitstop's own measurement",
)


_FILTERS = ("where", "filter", "filter_by")


def find(project: Project) -> list[Finding]:
    """One finding for each load whose rows are only counted."""
    found = []
    for load in whole_loads(project):
        counted = _counted(project, load)
        if counted is None or _is_one_row(project, load):
            continue
        node, length = counted
        by_keys = any(_has_keys(argument) for p in load.statement.of(*_FILTERS) for argument in p.call.args)
        what = rows_of(project, load)
        matching = "matching " if load.statement.of(*_FILTERS) else ""
        purpose = "count them" if length else "see whether there are any"
        found.append(
            finding_at(
                load,
                node,
                problem="count-by-loading",
                message=f"`{load.function.name}` loads all {matching}{what} to {purpose}",
                told=f"the rows are used for nothing but {'their number' if length else 'a test'}",
                severity="low" if by_keys else "medium" if load.statement.of(*_FILTERS) else "high",
                confidence="possible" if by_keys else "likely",
                impact=IMPACT,
            )
        )
    return merge_places(found)


def _counted(project: Project, load: Load) -> tuple[Node, bool] | None:
    """The place where the rows are counted, and whether their number is asked for; None where more is done with them."""
    uses = list(project.loads.uses(load))
    lengths = [use for use in uses if _is_length(use)]
    if not uses or not all(_is_length(use) or _is_test(use) for use in uses):
        return None
    if lengths:
        assert lengths[0].parent is not None
        return lengths[0].parent, not all(_is_compared_with_none(load, use.parent) for use in lengths)
    return load.site.node, False


def _is_compared_with_none(load: Load, length: Node | None) -> bool:
    """Whether a number is only asked to be more than none: `len(rows) > 0`, `len(rows) == 0`."""
    for site in load.function.sites:
        node = site.node
        if isinstance(node, Op) and len(node.operands) == 2 and node.operands[0] is length:
            bound = node.operands[1]
            limits = {"Gt": 0, "Eq": 0, "NotEq": 0, "LtE": 0, "GtE": 1, "Lt": 1}
            return isinstance(bound, Const) and limits.get(node.op) == bound.value and bound.kind == "int"
    return False


def _is_length(use: Use) -> bool:
    parent = use.parent
    return (
        isinstance(parent, Call)
        and isinstance(parent.func, Name)
        and parent.func.id == "len"
        and parent.args == (use.node,)
    )


def _is_test(use: Use) -> bool:
    parent = use.parent
    match parent:
        case If() | While() | IfExp():
            return parent.test is use.node
        case Op() if parent.op == "Not":
            return True
        case Call() if isinstance(parent.func, Name) and parent.func.id == "bool":
            return True
        case _:
            return False


def _has_keys(condition: Expr) -> bool:
    """Whether rows are asked for by a list of keys: no more come than were asked for."""
    todo = [condition]
    while todo:
        node = todo.pop()
        if isinstance(node, Attr) and node.attr == "in_":
            return True
        todo.extend(children(node))
    return False


def _is_one_row(project: Project, load: Load) -> bool:
    """Whether the statement asks for one key, so that there is one row at most."""
    for part in load.statement.of(*_FILTERS):
        model = project.models.all.get(load.model)
        if part.method == "filter_by" and model is not None:
            columns = [model.columns.get(k.name or "") for k in part.call.keywords]
        else:
            columns = []
            for argument in part.call.args:
                if isinstance(argument, Op) and argument.op == "Eq":
                    named = [project.queries.column(o, part.scope) for o in argument.operands]
                    columns += [c[1] for c in named if c is not None]
        if any(c is not None and (c.primary_key or c.unique) for c in columns):
            return True
    return False
