"""Rows that are filtered, cut to a page, or reduced to the first one after all of them were loaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, Impact
from pitstop.problems.database.python_side_filtering.conditions import COMPARES, is_column, is_value
from pitstop.problems.database.python_side_filtering.paging import paged
from pitstop.problems.findings import merge_places
from pitstop.problems.rows import all_rows_of, finding_at, is_same_turn, whole_loads
from pitstop.project.facts import (
    Attr,
    Call,
    Comp,
    Const,
    Expr,
    For,
    If,
    IfExp,
    Name,
    Node,
    Op,
    Other,
    OtherExpr,
    Seq,
    Sub,
    While,
)
from pitstop.project.loads import Load
from pitstop.project.model import FunctionInfo
from pitstop.project.orm import Model
from pitstop.project.rows import Flow, Use

if TYPE_CHECKING:
    from pitstop.project import Project

IMPACT = Impact(
    text="the rows wanted instead of all of them",
    expected=(1.0, 150.0),
    source="100 000 rows against 50 of them: 150×; pitstop's own measurement. What it gains is the share of rows thrown away",
)


@dataclass(frozen=True, slots=True)
class _Cut:
    """What is done to the rows, and where."""

    node: Node
    told: str
    weak: bool = False
    """Whether it may well be that there are hardly more rows than those kept."""
    preview: bool = False
    """Whether the first few are taken, a number that stands in the code."""


@dataclass(frozen=True, slots=True)
class Match:
    """One load of which Python throws rows away."""

    finding: Finding
    load: Load
    is_paged: bool
    """Whether a page is cut out of what was made of the rows before."""


def find(project: Project) -> list[Finding]:
    """One finding for each load of which Python throws rows away."""
    return merge_places(match.finding for match in matches(project))


def matches(project: Project) -> Iterator[Match]:
    """The loads, for the fix as well."""
    for load in whole_loads(project):
        cut = _cut(project, load)
        if cut is None:
            page = _page(project, load)
            if page is not None:
                yield Match(page, load, is_paged=True)
            continue
        finding = finding_at(
            load,
            cut.node,
            problem="python-side-filtering",
            message=f"`{load.function.name}` loads {all_rows_of(project, load)} and {cut.told} in Python",
            told="the rows are used for nothing else",
            severity="low" if cut.weak else "medium",
            # How many rows are thrown away is not in the source.
            confidence="possible",
            impact=IMPACT,
            fix_class="proved",
        )
        yield Match(finding, load, is_paged=False)


def _page(project: Project, load: Load) -> Finding | None:
    """A page cut by what the request asks for, out of rows that may be filtered and counted before."""
    model = project.models.all.get(load.model)
    found = paged(project, load, model) if model is not None else None
    if found is None:
        return None
    first, *others = [*found.filters, *found.slices]
    told = "filters them, and cuts a page out of them" if found.filters else "cuts a page out of them"
    finding = finding_at(
        load,
        first,
        problem="python-side-filtering",
        message=f"`{load.function.name}` loads {all_rows_of(project, load)}, {told} in Python",
        told="the bounds of the page come in by parameters"
        + (", but the rows are used for more than the page" if found.others else ""),
        severity="low" if found.others else "medium",
        confidence="possible" if found.others else "likely",
        impact=IMPACT,
    )
    places = tuple(load.function.at(node) for node in others)
    return msgspec.structs.replace(finding, places=(*finding.places, *places))


def _cut(project: Project, load: Load) -> _Cut | None:
    """What throws rows away, where nothing else is done with the rows."""
    model = project.models.all.get(load.model)
    if model is None:
        return None
    cuts: list[_Cut] = []
    counted = numbered = False
    for use in project.loads.uses(load):
        if not is_same_turn(load, use):
            # Looked up again and again, the rows are fetched once for all turns.
            return None
        found = _of_use(use, load.function, model)
        if found is not None:
            cuts.append(found)
        elif not _is_harmless(use):
            return None
        counted = counted or isinstance(use.parent, Call)
        numbered = numbered or (
            isinstance(use.parent, Call) and not _asks_for_any(use.parent, project.loads.flow(load.function))
        )
    if len(cuts) != 1 or (counted and cuts[0].preview) or (numbered and cuts[0].weak):
        # `rows[:5]` beside `len(rows)` says "these and 20 more", `rows[0]` if `len(rows)` is 1 that it is the only one: both are
        # wanted, and neither is a page.
        return None
    return cuts[0]


def _of_use(use: Use, function: FunctionInfo, model: Model) -> _Cut | None:
    parent = use.parent
    match parent:
        case Comp() if len(parent.generators) == 1 and parent.generators[0].iter is use.node:
            generator = parent.generators[0]
            if isinstance(generator.target, Name) and generator.ifs:
                row = generator.target.id
                tests = [test for test in generator.ifs if _is_condition(test, row, model)]
                if len(tests) == len(generator.ifs):
                    return _Cut(parent, f"keeps those with `{_text(function, tests[0])}`")
        case For() if parent.iter is use.node and isinstance(parent.target, Name):
            only = _only_test(parent)
            if only is not None:
                test, skips = only
                if _is_condition(test, parent.target.id, model, skips=skips):
                    verb = "skips" if skips else "goes on with"
                    return _Cut(parent, f"{verb} those with `{_text(function, test)}`")
        case Sub() if parent.value is use.node:
            if isinstance(parent.index, OtherExpr) and parent.index.children:
                preview = all(isinstance(bound, Const) for bound in parent.index.children)
                return _Cut(parent, "cuts a page out of them", preview=preview)
            if isinstance(parent.index, Const) and parent.index.value == 0:
                return _Cut(parent, "takes the first", weak=True)
    return None


def _text(function: FunctionInfo, node: Node) -> str:
    text = " ".join(function.module.text(node).split())
    return text if len(text) <= 50 else text[:47] + "..."


def _only_test(loop: For) -> tuple[Expr, bool] | None:
    """The test that decides on the whole turn, and whether it skips: `if ...: continue` first, or an `if` that is the whole body."""
    first = loop.body[0]
    if not isinstance(first, If) or first.orelse or loop.orelse:
        return None
    skips = len(first.body) == 1 and isinstance(first.body[0], Other) and first.body[0].kind == "Continue"
    return (first.test, skips) if skips or len(loop.body) == 1 else None


def _is_condition(test: Expr, row: str, model: Model, *, skips: bool = False) -> bool:
    """Whether a test compares columns of the row with values that do not depend on the row, as a WHERE does.

    One that keeps all rows but those of one value is none: there is little to gain.
    """
    match test:
        case Op() if test.op == "Not":
            return _is_condition(test.operands[0], row, model, skips=not skips)
        case Op() if test.op in {"And", "Or"}:
            return all(_is_condition(operand, row, model, skips=skips) for operand in test.operands)
        case Op() if test.op in COMPARES and len(test.operands) == 2:
            sides = [is_column(operand, row, model) for operand in test.operands]
            others = [o for o, is_column in zip(test.operands, sides, strict=True) if not is_column]
            if test.op == ("Eq" if skips else "NotEq") and not all(isinstance(o, Const) for o in others):
                return False
            if test.op == ("Is" if skips else "IsNot"):
                return False
            return any(sides) and all(is_value(o, row) for o in others)
        case Op() if test.op == ("NotIn" if skips else "In"):
            among = test.operands[1]
            return (
                isinstance(among, Seq)
                and is_column(test.operands[0], row, model)
                and all(is_value(item, row) for item in among.items)
            )
        case Attr():
            # Of what is no flag, only the empty values are dropped.
            return is_column(test, row, model) and "bool" in model.columns[test.attr].type_name.lower()
        case _:
            return False


def _asks_for_any(call: Call, flow: Flow) -> bool:
    """Whether `len(rows)` or `bool(rows)` only says if there are rows: alone in a test, or compared with 0."""
    outer = flow.parent(call)
    if isinstance(outer, Op) and outer.op in {"Eq", "NotEq", "Gt"}:
        return isinstance(outer.operands[-1], Const) and outer.operands[-1].value == 0
    return isinstance(outer, (If, While, IfExp)) or (isinstance(outer, Op) and outer.op == "Not")


def _is_harmless(use: Use) -> bool:
    """Whether a use only asks how many rows there are."""
    parent = use.parent
    match parent:
        case If() | While() | IfExp():
            return parent.test is use.node
        case Op():
            return parent.op == "Not"
        case Call():
            return isinstance(parent.func, Name) and parent.func.id in {"len", "bool"}
        case _:
            return False
