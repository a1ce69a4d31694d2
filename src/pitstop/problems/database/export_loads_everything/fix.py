"""Reads the rows of an export in batches: never all of them are objects in memory."""

from __future__ import annotations

import ast
import tokenize
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.python import Source
from pitstop.problems.chains import CHOOSE, Chain, chain_of, name_of, refuse_other_rows, without_call
from pitstop.problems.conditions import function_around
from pitstop.problems.database.export_loads_everything.rule import matches
from pitstop.problems.editing import open_source, twin_of
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project

_BATCH = 500
"""Rows at once: as many as are written in some milliseconds, and take some hundred kilobytes."""
_ALLOWED = CHOOSE | {"distinct", "order_by"}
_EAGER = {"immediate", "joined", "selectin", "subquery"}
_ONE_AT_A_TIME = ("mysql", "mariadb")
"""Databases that take no other statement while rows of one are still to be fetched."""
_Loop = ast.For | ast.GeneratorExp | ast.ListComp


def propose(finding: Finding, project: Project) -> Patch:
    """The rows in batches. Raises PatchError."""
    found = [match for match in matches(project) if match.finding.id == finding.id]
    loads = [match.load for match in found if match.load is not None]
    if not loads:
        raise PatchError(
            "the rows are those of a relationship, which is loaded whole: select them by a statement"
        )
    if len(found) != 1 or len(loads[0].taken) != 1:
        raise PatchError("the rows come from several statements")
    load = loads[0]
    uses = list(project.loads.uses(load))
    source = open_source(project, load.function.module.path)
    chain = chain_of(source, load, _ALLOWED)
    relationships = project.models.relationships(load.model).values()
    if any(relation.lazy in _EAGER for relation in relationships):
        raise PatchError(
            "the model loads relationships along, which does not go with batches in each version"
        )
    if chain.is_query and load.statement.of("distinct", "join", "outerjoin"):
        raise PatchError("a query gives each object once, which it cannot say of batches")
    if any(
        m.says(f"{name}+") or m.says(f"{name}://")
        for m in project.index.by_path.values()
        for name in _ONE_AT_A_TIME
    ):
        raise PatchError("MySQL takes no other statement while rows are still to be fetched")
    loop = _loop(source, twin_of(source, ast.expr, uses[0].node)) if len(uses) == 1 else None
    if loop is None:
        raise PatchError("the rows are not only gone through once, one by one")
    taken = twin_of(source, ast.expr, load.taken[0].node)
    rows = loop.iter if isinstance(loop, ast.For) else loop.generators[0].iter
    refuse_other_rows(source, rows, chain.sent)
    _refuse_between(source, chain, taken, loop)
    return make_patch(
        finding,
        f"Read the rows of {finding.location.symbol.rpartition('.')[2]} in batches",
        (settle(source, _batched(chain, taken, loop)),),
        ("memory",),
        risk="The statement is open until the last row is written. The text of the file is in memory as before.",
        validate="The file is the same byte for byte; the peak of memory with ten times the rows grows by the text alone.",
        rollback="pitstop undo",
    )


def _loop(source: Source, rows: ast.expr) -> _Loop | None:
    """The loop that goes through the rows, if one does."""
    for parent in source.parents(rows):
        if isinstance(parent, ast.For) and parent.iter is rows:
            return parent
        if isinstance(parent, ast.GeneratorExp | ast.ListComp) and parent.generators[0].iter is rows:
            return parent
        if not isinstance(parent, ast.comprehension):
            return None
    return None


def _refuse_between(source: Source, chain: Chain, taken: ast.expr, loop: _Loop) -> None:
    """Raise where the session may be used, or a row be changed, before the last row is read."""
    session = chain.root.func.value if chain.is_query and isinstance(chain.root.func, ast.Attribute) else None
    if session is None:
        assert isinstance(chain.sent.func, ast.Attribute)
        session = chain.sent.func.value
    name = source.segment(session).partition(".")[0]
    start, end = source.end(taken), source.end(loop)
    target = loop.target if isinstance(loop, ast.For) else loop.generators[0].target
    row = target.id if isinstance(target, ast.Name) else ""
    for node in ast.walk(function_around(source, taken)):
        if not isinstance(node, ast.expr) or not start <= source.start(node) < end:
            continue
        if isinstance(node, ast.Name) and node.id == name:
            raise PatchError(f"`{name}` is used before the last row is read, which may end the statement")
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and source.segment(node.value) == row
        ):
            raise PatchError("the rows are changed on the way")


def _batched(chain: Chain, taken: ast.expr, loop: _Loop) -> list[Edit]:
    source, sent = chain.source, chain.sent
    if chain.is_query:
        if chain.root not in ast.walk(sent) or name_of(sent) != "all" or taken is not sent:
            raise PatchError("the query is built up by names")
        return [source.edit(source.end(chain.calls[-1]), source.end(sent), f".yield_per({_BATCH})")]
    bound = chain.bound(f".execution_options(yield_per={_BATCH})")
    if isinstance(next(source.parents(sent)), ast.Await):
        return _streamed(chain, taken, loop, bound)
    if isinstance(taken, ast.Call) and isinstance(taken.func, ast.Attribute):
        return [*bound, without_call(source, taken)]
    if not isinstance(taken, ast.Call) or name_of(taken) != "list" or len(taken.args) != 1:
        raise PatchError(f"`{source.segment(taken)}` needs all rows at once")
    inner = taken.args[0]
    return [
        *bound,
        source.edit(source.start(taken), source.start(inner), ""),
        source.edit(source.end(inner), source.end(taken), ""),
    ]


def _streamed(chain: Chain, taken: ast.expr, loop: _Loop, bound: list[Edit]) -> list[Edit]:
    """`async for row in await session.stream_scalars(...)`: an asynchronous session gives batches in no other way."""
    source, sent = chain.source, chain.sent
    assert isinstance(sent.func, ast.Attribute)
    parts = list(ast.walk(taken))
    if not isinstance(loop, ast.For):
        raise PatchError("an asynchronous session gives batches to a loop that stands alone")
    if sent not in parts or len(sent.args) != 1 or sent.keywords:
        raise PatchError("how the rows are taken cannot be followed")
    if not any(isinstance(part, ast.Call) and name_of(part) == "scalars" for part in parts):
        raise PatchError("the rows are not taken as objects")
    start, end = source.start(taken), source.end(taken)
    if any(t.type == tokenize.COMMENT and start < source.token_start(t) < end for t in source.tokens):
        raise PatchError("a comment stands within the statement")
    given = sent.args[0]
    is_here = chain.root in ast.walk(given)
    statement = chain.text(bound, end=given) if is_here else source.segment(given)
    at = source.start(loop)
    return [
        *([] if is_here else bound),
        source.edit(at, at, "async "),
        source.edit(start, end, f"await {source.segment(sent.func.value)}.stream_scalars({statement})"),
    ]
