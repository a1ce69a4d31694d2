"""Has the database add up, or find the most or the least: one figure comes instead of all rows."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.rewrite import replace_expression
from pitstop.patching.statements import remove
from pitstop.problems.chains import (
    ARRANGE,
    Chain,
    chain_of,
    is_about_loading,
    name_of,
    refuse_other_rows,
    without_call,
)
from pitstop.problems.conditions import Conditions
from pitstop.problems.database.aggregate_in_python.rule import Match, matches
from pitstop.problems.editing import node_at, open_source, without_dead_import
from pitstop.problems.kinds import ORDERED
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project

_CHOOSE = frozenset({"filter", "where"})
_DROPPED = ("options", "order_by")
"""What a figure has no use for."""
_LOADERS = ("joinedload", "selectinload", "subqueryload")
_OF_DECIMALS = ("mysql", "mariadb", "mssql")
"""Databases whose sums of integers are decimals to Python."""


def propose(finding: Finding, project: Project) -> Patch:
    """The figure, made by the database. Raises PatchError."""
    found = [match for match in matches(project) if match.finding.id == finding.id]
    if len(found) != 1 or len(found[0].load.taken) != 1:
        raise PatchError("the rows are added up in several places, or come from several statements")
    match = found[0]
    if len(list(project.loads.uses(match.load))) != 1:
        raise PatchError("more than one figure is made of the rows, or they are counted as well")
    source = open_source(project, finding.location.path)
    call = node_at(source, ast.Call, finding.location)
    chain = chain_of(source, match.load, _CHOOSE | ARRANGE)
    edits = _figure(project, match, chain, call)
    return make_patch(
        finding,
        f"Have the database make the {name_of(call)} of {finding.location.symbol.rpartition('.')[2]}",
        (without_dead_import(settle(source, edits), *_LOADERS),),
        ("rows", "duration", "cpu"),
        risk="NULL in the column is left out, where Python raised an error. Objects that the session has changed but not written count as they are once it has "
        "written them.",
        validate="The figure is the same with no rows, one and several.",
        rollback="pitstop undo",
    )


def _figure(project: Project, match: Match, chain: Chain, call: ast.Call) -> list[Edit]:
    source = chain.source
    comp = call.args[0]
    assert isinstance(comp, ast.GeneratorExp | ast.ListComp | ast.SetComp)
    generator = comp.generators[0]
    assert isinstance(generator.target, ast.Name)
    if isinstance(comp, ast.SetComp):
        raise PatchError("each value counts once, however many rows have it")
    refuse_other_rows(source, generator.iter, chain.sent)
    model = project.models.all[match.load.model]
    conditions = Conditions(
        project, source, match.load.function, model, generator.target.id, chain.entity, chain.root
    )
    imports, func = ensure_import(source, "sqlalchemy", "func", at=chain.root)
    asked, ending = _asked(project, conditions, call, comp.elt, func)
    inner = [source.edit(source.start(chain.root.args[0]), source.end(chain.root.args[0]), asked)]
    arranged = match.load.statement.of(*_DROPPED)
    dropped = [each for each in chain.calls if name_of(each) in _DROPPED]
    if len(arranged) != len(dropped) or not all(
        name_of(each) == "order_by" or is_about_loading(each) for each in dropped
    ):
        raise PatchError("options of the statement, or where it is ordered, cannot be taken out")
    chosen = conditions.of(generator.ifs)
    if asked.endswith("count()"):
        after = source.end(chain.root)
        inner.append(source.edit(after, after, f".select_from({chain.entity})"))
    if chosen:
        inner += chain.choose(chosen)
    inner += [without_call(source, each) for each in dropped]
    outer, sent = _sent(chain, inner, is_count=asked.endswith("count()"))
    return [*imports, *conditions.edits, *outer, *_placed(chain, call, generator.iter, sent + ending)]


def _asked(
    project: Project, conditions: Conditions, call: ast.Call, element: ast.expr, func: str
) -> tuple[str, str]:
    """What is selected, and what stands for no rows."""
    name = name_of(call)
    default = next((keyword.value for keyword in call.keywords if keyword.arg == "default"), None)
    if name == "Counter":
        raise PatchError("a `Counter` keeps the order in which values come, and a `GROUP BY` has another")
    if len(call.args) != 1 or len(call.keywords) != (default is not None):
        raise PatchError(f"`{conditions.source.segment(call)}` asks for more than a figure")
    if name == "sum" and isinstance(element, ast.Constant) and element.value == 1:
        return f"{func}.count()", ""
    if name == "sum" and _is_or_zero(element):
        assert isinstance(element, ast.BoolOp)
        element = element.values[0]
    kind = conditions.column(element)
    if kind is None:
        raise PatchError(
            f"`{conditions.source.segment(element)}` is worked out: a database may overflow, round or divide otherwise"
        )
    if name == "sum":
        _refuse_sum(project, conditions, element, kind.name)
        return f"{func}.sum({conditions.named(element)})", " or 0"
    if kind.name not in ORDERED:
        raise PatchError("the database may order these values otherwise, by its collation")
    if kind.nullable:
        raise PatchError("the column may be NULL, which the database leaves out and Python does not")
    if default is None:
        raise PatchError(f"of no rows `{name}` raises an error, and the database gives NULL")
    figure = f"{func}.{name}({conditions.named(element)})"
    if isinstance(default, ast.Constant) and default.value is None:
        return figure, ""
    if kind.name != "int" or not isinstance(default, ast.Constant) or type(default.value) is not int:
        raise PatchError("what stands for no rows is of another type than the column")
    return f"{func}.coalesce({figure}, {default.value})", ""


def _is_or_zero(element: ast.expr) -> bool:
    """`row.column or 0`: NULL adds nothing, as it does in a sum of the database."""
    return (
        isinstance(element, ast.BoolOp)
        and isinstance(element.op, ast.Or)
        and len(element.values) == 2
        and isinstance(element.values[1], ast.Constant)
        and element.values[1].value == 0
        and type(element.values[1].value) is int
    )


def _refuse_sum(project: Project, conditions: Conditions, element: ast.expr, kind: str) -> None:
    assert isinstance(element, ast.Attribute)
    if kind != "int":
        raise PatchError(
            f"a sum of `{kind or 'unknown'}` values is rounded otherwise by a database, or is of another type"
        )
    column = conditions.model.columns[element.attr]
    if "big" in column.owner.module.text(column.node).lower():
        raise PatchError("PostgreSQL makes decimals of a sum of `BigInteger`")
    if any(module.says(name) for module in project.index.by_path.values() for name in _OF_DECIMALS):
        raise PatchError("MySQL and SQL Server make decimals of a sum of integers")


def _sent(chain: Chain, inner: list[Edit], *, is_count: bool) -> tuple[list[Edit], str]:
    """What is to be edited elsewhere, and the expression that gives the figure."""
    source, sent = chain.source, chain.sent
    if chain.is_query:
        if chain.root not in ast.walk(sent) or name_of(sent) != "all":
            raise PatchError("the query is built up by names, or gone through row by row")
        assert isinstance(sent.func, ast.Attribute)
        return [], f"{chain.text(inner, end=sent.func.value)}.scalar()"
    assert isinstance(sent.func, ast.Attribute)
    if len(sent.args) != 1 or sent.keywords:
        raise PatchError("the statement is sent with more than itself")
    given = sent.args[0]
    if chain.root in ast.walk(given):
        outer, statement = [], chain.text(inner, end=given)
    else:
        outer, statement = inner, source.segment(given)
    session = source.segment(sent.func.value)
    waits = isinstance(next(source.parents(sent)), ast.Await)
    if sent.func.attr == "exec" or is_count:
        method = "exec" if sent.func.attr == "exec" else "scalars"
        text = f"{session}.{method}({statement})"
        return outer, f"(await {text}).one()" if waits else f"{text}.one()"
    return outer, f"{'await ' if waits else ''}{session}.scalar({statement})"


def _placed(chain: Chain, call: ast.Call, rows: ast.expr, text: str) -> list[Edit]:
    """The expression where the figure was made, and the statement that loaded the rows taken out."""
    source = chain.source
    edits = replace_expression(source, call, text)
    if any(node is chain.sent for node in ast.walk(rows)):
        return edits
    loading, using = source.statement(chain.sent), source.statement(call)
    block, place = source.block(loading)
    is_next = place + 1 < len(block) and block[place + 1] is using
    if not isinstance(using, ast.Return | ast.Assign | ast.AnnAssign | ast.Expr) or not is_next:
        raise PatchError("other statements stand between the rows and their figure")
    if not isinstance(rows, ast.Name) or not isinstance(loading, ast.Assign):
        raise PatchError("where the rows come from cannot be followed")
    return [*edits, *remove(source, loading, comment_stays=True)]
