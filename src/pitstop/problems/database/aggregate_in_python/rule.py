"""Sums, extremes and counts by value, made in Python of rows that were loaded for nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact
from pitstop.problems.findings import merge_places
from pitstop.problems.rows import all_rows_of, finding_at, is_same_turn, whole_loads
from pitstop.project.facts import Attr, Call, Comp, Const, Expr, Name, Op, children, dotted
from pitstop.project.loads import Load

if TYPE_CHECKING:
    from pitstop.project import Project

IMPACT = Impact(
    text="one row for each group instead of all rows",
    expected=(1.0, 10.0),
    source="as a count of 10 000 rows, which the database makes 10× faster; pitstop's own measurement",
)
_AGGREGATES = {"sum": "sum", "max": "maximum", "min": "minimum", "Counter": "count by value"}
_PLAIN = (Attr, Const, Name, Op)


@dataclass(frozen=True, slots=True)
class Match:
    """One load whose rows are only summed up."""

    finding: Finding
    load: Load


def find(project: Project) -> list[Finding]:
    """One finding for each aggregate that the database could make."""
    return merge_places(match.finding for match in matches(project))


def matches(project: Project) -> Iterator[Match]:
    """The loads, for the fix as well."""
    for load in whole_loads(project):
        aggregates = list(_aggregates(project, load))
        if not aggregates:
            continue
        call, name = aggregates[0]
        finding = finding_at(
            load,
            call,
            problem="aggregate-in-python",
            message=f"`{load.function.name}` loads {all_rows_of(project, load)} to make a {_AGGREGATES[name]} of them in Python",
            told=f"the rows are used for nothing but {'these' if len(aggregates) > 1 else 'this'}: "
            + ", ".join(f"`{name}`" for _, name in aggregates),
            severity="medium",
            confidence="likely",
            impact=IMPACT,
            fix_class="proved",
        )
        yield Match(finding, load)


def _aggregates(project: Project, load: Load) -> Iterator[tuple[Call, str]]:
    """The aggregates of columns that the rows are used for; nothing where they are used for anything else."""
    flow = project.loads.flow(load.function)
    model = project.models.all.get(load.model)
    found: list[tuple[Call, str]] = []
    for use in project.loads.uses(load):
        comp = use.parent
        if isinstance(comp, Call) and dotted(comp.func) == "len":
            continue
        if (
            model is None
            or not is_same_turn(load, use)
            or not isinstance(comp, Comp)
            or len(comp.generators) != 1
        ):
            return
        generator = comp.generators[0]
        outer = flow.parent(comp)
        name = dotted(outer.func).rpartition(".")[2] if isinstance(outer, Call) else ""
        if (
            not isinstance(outer, Call)
            or name not in _AGGREGATES
            or not outer.args
            or outer.args[0] is not comp
            or generator.iter is not use.node
            or not isinstance(generator.target, Name)
        ):
            return
        row = generator.target.id
        parts = (*comp.elements, *generator.ifs)
        if not all(_is_plain(part, row, set(model.columns)) for part in parts):
            return
        found.append((outer, name))
    yield from found


def _is_plain(expr: Expr, row: str, columns: set[str]) -> bool:
    """Whether an expression is made of the row's columns and of values, with operators only: what SQL says as well."""
    if not isinstance(expr, _PLAIN):
        return False
    if isinstance(expr, Attr):
        if isinstance(expr.value, Name) and expr.value.id == row:
            return expr.attr in columns
        return _is_plain(expr.value, row, columns)
    if isinstance(expr, Name):
        return expr.id != row
    return all(_is_plain(child, row, columns) for child in children(expr))
