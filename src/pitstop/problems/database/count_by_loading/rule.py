"""Rows that are loaded only to be counted, or to see whether there are any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact
from pitstop.problems.findings import merge_places
from pitstop.problems.rows import finding_at, rows_of, whole_loads
from pitstop.project.facts import Attr, Call, Const, Expr, If, IfExp, Name, Node, Op, While, children, dotted
from pitstop.project.loads import Load
from pitstop.project.rows import Use

if TYPE_CHECKING:
    from pitstop.project import Project

IMPACT = Impact(
    text="one number instead of all rows",
    expected=(1.0, 10.0),
    source="10 000 rows: `count()` 10× faster than `len(all())`; pitstop's own measurement",
)


_LEAST = {"Gt": 0, "Eq": 0, "NotEq": 0, "LtE": 0, "GtE": 1, "Lt": 1}
"""Comparisons of a number, and with what each asks only whether there is anything."""
_DELETES = re.compile(r"delete|purge|remove|wipe", re.IGNORECASE)
_ENOUGH = "see whether there are enough"
_EXISTENCE = "see whether there are any"
_NUMBER = "count them"
_FILTERS = ("where", "filter", "filter_by")


def find(project: Project) -> list[Finding]:
    """One finding for each load whose rows are only counted."""
    found = []
    for load in whole_loads(project):
        counted = _counted(project, load)
        if counted is None or _is_one_row(project, load):
            continue
        node, purpose = counted
        by_keys = any(_has_keys(argument) for p in load.statement.of(*_FILTERS) for argument in p.call.args)
        narrowed = bool(load.statement.of(*_FILTERS))
        few = by_keys or (narrowed and purpose is not _NUMBER) or _follows_deletion(load)
        what = rows_of(project, load)
        matching = "matching " if load.statement.of(*_FILTERS) else ""
        found.append(
            finding_at(
                load,
                node,
                problem="count-by-loading",
                message=f"`{load.function.name}` loads all {matching}{what} to {purpose}",
                told=f"the rows are used for nothing but {'their number' if purpose is _NUMBER else 'a test'}",
                severity="low" if by_keys else "medium" if load.statement.of(*_FILTERS) else "high",
                confidence="possible" if few else "likely",
                impact=IMPACT,
                fix_class="proved",
            )
        )
    return merge_places(found)


def _counted(project: Project, load: Load) -> tuple[Node, str] | None:
    """The place where the rows are counted, and what for; None where more is done with them."""
    uses = list(project.loads.uses(load))
    lengths = [use for use in uses if _is_length(use)]
    if not uses or not all(_is_length(use) or _is_test(use) for use in uses):
        return None
    if lengths:
        assert lengths[0].parent is not None
        purposes = {_purpose(load, use.parent) for use in lengths}
        return lengths[0].parent, purposes.pop() if len(purposes) == 1 else _NUMBER
    return load.site.node, _EXISTENCE


def _purpose(load: Load, length: Node | None) -> str:
    """What a number is asked for: to be more than none (`len(rows) > 0`), to reach a limit (`len(attempts) >= LIMIT`), or itself."""
    for site in load.function.sites:
        node = site.node
        if isinstance(node, Op) and len(node.operands) == 2 and node.operands[0] is length:
            bound = node.operands[1]
            if isinstance(bound, Const) and bound.kind == "int" and _LEAST.get(node.op) == bound.value:
                return _EXISTENCE
            if node.op in _LEAST and isinstance(bound, Const | Name | Attr) and _is_constant(bound):
                return _ENOUGH
    return _NUMBER


def _is_constant(bound: Const | Name | Attr) -> bool:
    return isinstance(bound, Const) or dotted(bound).rpartition(".")[2].isupper()


def _follows_deletion(load: Load) -> bool:
    """Whether something was deleted just before in the same function: the count is to see that nothing is left."""
    return any(
        isinstance(site.node, Call)
        and site.node.at < load.site.node.at
        and not site.conditional
        and _DELETES.search(dotted(site.node.func).rpartition(".")[2])
        for site in load.function.calls
    )


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
