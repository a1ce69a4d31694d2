"""Has the database choose the rows: a test becomes a condition, `[0]` a `LIMIT 1`, a page `OFFSET` and `LIMIT`."""

from __future__ import annotations

import ast
import tokenize
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.python import Source
from pitstop.patching.statements import remove, unwrap_if
from pitstop.problems.chains import ARRANGE, CHOOSE, Chain, chain_of, name_of, refuse_other_rows
from pitstop.problems.conditions import Conditions, function_around
from pitstop.problems.database.python_side_filtering.bounds import page_of
from pitstop.problems.database.python_side_filtering.rule import Match, matches
from pitstop.problems.editing import node_at, open_source, twin_of
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project

_TAKE_ANY = {"all", "any", "enumerate", "list", "max", "min", "set", "sorted", "sum", "tuple"}
"""Builtins to which a list is as good as a generator."""
_Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


def propose(finding: Finding, project: Project) -> Patch:
    """The rows wanted, and no others. Raises PatchError."""
    found = [match for match in matches(project) if match.finding.id == finding.id]
    if len(found) != 1 or len(found[0].load.taken) != 1:
        raise PatchError("the rows are tested in several places, or come from several statements")
    match = found[0]
    if match.is_paged:
        raise PatchError(
            "the rows are filtered, counted or turned into answers before the page is cut, which takes statements of their own"
        )
    source = open_source(project, finding.location.path)
    node = node_at(source, (ast.For, ast.Subscript, ast.expr), finding.location)
    chain = chain_of(source, match.load, CHOOSE | ARRANGE)
    if isinstance(node, ast.Subscript):
        edits, title = _bounded(project, match, chain, node), "Limit"
    else:
        edits, title = _filtered(project, match, chain, node), "Filter"
    return make_patch(
        finding,
        f"{title} the rows of {finding.location.symbol.rpartition('.')[2]} in the database",
        (settle(source, edits),),
        ("rows", "duration", "cpu"),
        risk="Objects that the session has changed but not written are tested as they are once it has written them, as a query does it.",
        validate="The answer is the same with rows that pass, rows that do not, and NULL; rows per request are those of the answer.",
        rollback="pitstop undo",
    )


# --- tests -----------------------------------------------------------------------------------------------------------


def _filtered(project: Project, match: Match, chain: Chain, node: ast.expr | ast.stmt) -> list[Edit]:
    if len(list(project.loads.uses(match.load))) != 1:
        raise PatchError("it is also asked whether there are any rows, before they are filtered")
    if isinstance(node, ast.For):
        row, rows = node.target, node.iter
    elif isinstance(node, _Comprehension):
        row, rows = node.generators[0].target, node.generators[0].iter
    else:
        raise PatchError("the code found there is not there any more")
    assert isinstance(row, ast.Name)
    refuse_other_rows(chain.source, rows, chain.sent)
    _refuse_changes(chain.source, twin_of(chain.source, ast.expr, match.load.taken[0].node), node)
    model = project.models.all[match.load.model]
    conditions = Conditions(
        project, chain.source, match.load.function, model, row.id, chain.entity, chain.root
    )
    if isinstance(node, ast.For):
        return [*_out_of_loop(chain, node, conditions), *conditions.edits]
    if isinstance(node, ast.GeneratorExp) and _callee(chain.source, node) == "next":
        raise PatchError("only the first row that passes is taken: `.first()` of the statement gives it")
    chosen = chain.choose(conditions.of(node.generators[0].ifs))
    return [*chosen, *conditions.edits, *_without_tests(chain, node)]


def _refuse_changes(source: Source, taken: ast.expr, cut: ast.expr | ast.For) -> None:
    """Raise where something runs between the rows and their test: it may change them, which the test sees and the statement does not."""
    start, end = source.end(source.statement(taken)), source.start(source.statement(cut))
    for node in ast.walk(function_around(source, cut)):
        runs = isinstance(node, ast.Call | ast.Await | ast.Yield | ast.YieldFrom) or (
            isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load)
        )
        if runs and isinstance(node, ast.expr) and start <= source.start(node) < end:
            raise PatchError("what runs between the rows and their test may change them")


def _out_of_loop(chain: Chain, loop: ast.For, conditions: Conditions) -> list[Edit]:
    """`if ...: continue` at the beginning, or an `if` around all that is done."""
    test = loop.body[0]
    assert isinstance(test, ast.If)
    skips = isinstance(test.body[0], ast.Continue)
    row = loop.target
    assert isinstance(row, ast.Name)
    for node in ast.walk(function_around(chain.source, loop)):
        if isinstance(node, ast.Name) and node.id == row.id and (node.lineno > (loop.end_lineno or 0)):
            raise PatchError(f"`{row.id}` is mentioned after the loop, where it is the last row of all")
    chosen = chain.choose(conditions.of([test.test], hold=not skips))
    return [*chosen, *(remove(chain.source, test) if skips else unwrap_if(chain.source, test))]


def _without_tests(chain: Chain, comp: _Comprehension) -> list[Edit]:
    """The comprehension without its tests; the rows themselves where nothing else is made of them."""
    source = chain.source
    generator = comp.generators[0]
    row = generator.target
    assert isinstance(row, ast.Name)
    tests = [
        token
        for token in source.tokens
        if source.end(generator.iter) <= source.token_start(token) < source.end(comp)
    ]
    begin = next(source.token_start(token) for token in tests if token.string == "if")
    if any(token.type == tokenize.COMMENT for token in tests):
        raise PatchError(f"{source.path}:{comp.lineno}: a comment stands at the test")
    is_row = not isinstance(comp, ast.DictComp) and isinstance(comp.elt, ast.Name) and comp.elt.id == row.id
    around = _callee(source, comp) if isinstance(comp, ast.GeneratorExp) else ""
    if is_row and (isinstance(comp, ast.ListComp | ast.SetComp) or around in _TAKE_ANY):
        return _rows_alone(chain, comp)
    before = max(
        source.token_end(t) for t in source.tokens if source.token_end(t) <= begin and t.string.strip()
    )
    closing = source.end(comp) - 1
    after = max(source.token_end(t) for t in tests if source.token_end(t) <= closing and t.string.strip())
    # The end of the iterable is where the tests begin; what an edit of it adds there comes before.
    return [source.edit(before, after, "")]


def _rows_alone(chain: Chain, comp: _Comprehension) -> list[Edit]:
    """`list(rows)` instead of `[row for row in rows]`; the iterable alone where it is a new list, or goes to a builtin."""
    source = chain.source
    rows = comp.generators[0].iter
    is_new = isinstance(rows, ast.Call) and (
        name_of(rows) == "list" or (chain.is_query and rows is chain.sent)
    )
    head, tail = "", ""
    if isinstance(comp, ast.SetComp):
        head, tail = "set(", ")"
    elif isinstance(comp, ast.ListComp) and not is_new:
        head, tail = "list(", ")"
    if (
        isinstance(comp, ast.GeneratorExp)
        and source.data[source.start(comp) : source.start(comp) + 1] == b"("
    ):
        call = next(source.parents(comp))
        assert isinstance(call, ast.Call)
        if source.end(comp) == source.end(call):
            head, tail = "(", ")"
    return [
        source.edit(source.start(comp), source.start(rows), head),
        source.edit(source.end(rows), source.end(comp), tail),
    ]


def _callee(source: Source, comp: ast.expr) -> str:
    """The builtin or other function, by its name alone, that a comprehension is the first argument of."""
    call = next(source.parents(comp))
    is_first = isinstance(call, ast.Call) and call.args and call.args[0] is comp
    return call.func.id if is_first and isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""


# --- the first, and pages --------------------------------------------------------------------------------------------


def _bounded(project: Project, match: Match, chain: Chain, cut: ast.Subscript) -> list[Edit]:
    for use in project.loads.uses(match.load):
        if type(use.parent).__name__ == "Call":
            raise PatchError("the number of all rows is wanted too, which takes a statement of its own")
    refuse_other_rows(chain.source, cut.value, chain.sent)
    if not match.load.statement.of("order_by"):
        raise PatchError(
            "the statement has no `order_by`: which rows come first is not said, and with a limit it may be others"
        )
    if any("contains_eager" in chain.source.segment(call) for call in chain.calls):
        raise PatchError(
            "`contains_eager` reads collections out of the joined rows, of which a limit would cut some"
        )
    if chain.is_query and match.load.statement.of("join", "outerjoin"):
        raise PatchError("a query gives each object once, and a limit counts the joined rows")
    if not isinstance(cut.slice, ast.Slice):
        return chain.bound(".limit(1)")
    if len(list(project.loads.uses(match.load))) != 1:
        raise PatchError("it is also asked whether there are any rows, before the page is cut")
    bounds, edits = page_of(project, match.load.function, chain, cut.slice)
    brackets = chain.source.edit(chain.source.end(cut.value), chain.source.end(cut), "")
    return [*chain.bound(bounds), *edits, brackets]
