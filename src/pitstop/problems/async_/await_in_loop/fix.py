"""Lets the turns of a loop wait together, few at once."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.python import Source
from pitstop.patching.rewrite import replace_expression
from pitstop.problems.async_.await_in_loop.rule import Match, matches
from pitstop.problems.async_.await_in_loop.turns import AT_ONCE, named, turns_together
from pitstop.problems.bounded import (
    around,
    element_type,
    item_of,
    names_in,
    of_asyncio,
    pair_of,
    semaphore,
    signature,
)
from pitstop.problems.editing import free_name, open_source, twin_of
from pitstop.problems.layout import settle
from pitstop.problems.together import refuse_together
from pitstop.project.facts import Call, Comp, For

if TYPE_CHECKING:
    from pitstop.project import Project

_AROUND = {"list": "", "set": "set", "dict": "dict"}


def propose(finding: Finding, project: Project) -> Patch:
    """A coroutine for each turn, of which few run at once. Raises PatchError."""
    if finding.places:
        raise PatchError("the same call stands in several places of the function")
    match = next((m for m in matches(project) if m.finding.id == finding.id), None)
    if match is None:
        raise PatchError("the loop is not there any more")
    calls = [s.node for s in match.function.calls if match.loop in s.loops and isinstance(s.node, Call)]
    refuse_together(project, match.function, calls)
    source = open_source(project, finding.location.path)
    return make_patch(
        finding,
        f"Wait for {AT_ONCE} answers at once in {match.function.name}",
        (
            turns_together(project, match, source, twin_of(source, ast.For, match.loop))
            if isinstance(match.loop, For)
            else _comprehension(project, match, source),
        ),
        ("duration",),
        risk=f"The other server gets up to {AT_ONCE} calls of one request at once; set the number by what it allows. After an error other "
        "calls go on, and of several errors the first in time arrives.",
        validate="Answers are the same and in the same order; the request takes about a tenth of the waits.",
        rollback="pitstop undo",
    )


def _comprehension(project: Project, match: Match, source: Source) -> FileChange:
    assert isinstance(match.loop, Comp)
    comp = twin_of(source, ast.expr, match.loop)
    if not isinstance(comp, ast.ListComp | ast.SetComp | ast.DictComp) or len(comp.generators) != 1:
        raise PatchError("the call stands in a comprehension that cannot be taken apart")
    statement = source.statement(comp)
    simple = isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Expr)
    if not simple or not source.begins_line(statement):
        raise PatchError("the comprehension stands where nothing can be put before it")
    for parent in source.parents(comp):
        if isinstance(parent, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            raise PatchError("the comprehension stands in another one, or in a lambda")
    (generator,) = comp.generators
    if any(isinstance(n, ast.Await) for test in generator.ifs for n in ast.walk(test)):
        raise PatchError("the comprehension awaits to choose its items")
    names = names_in(generator.target)
    kind = match.loop.kind
    value = (
        f"{source.segment(comp.key)}, {source.segment(comp.value)}"
        if isinstance(comp, ast.DictComp)
        else source.segment(comp.elt)
    )
    imports, limiter, made = semaphore(source, comp, AT_ONCE)
    more, gather = of_asyncio(source, "gather", comp)
    helper = free_name(source, comp, *named(names, generator.iter))
    typed = element_type(project, match.function, source, match.loop.generators[0], generator.iter)
    head = signature(helper, [(n, typed if len(names) == 1 else "") for n in names], _returns(source, comp))
    indent, unit = source.indentation(statement), source.indent_unit
    lines = [made, "", head, f"{unit}async with {limiter}:", f"{unit}{unit}return {value}", ""]
    start = source.line_start(source.line_of(source.start(statement)))
    put = "".join((indent + line if line else "") + source.newline for line in lines)
    tests = "".join(f" if {source.segment(test)}" for test in generator.ifs)
    each = f"{helper}({', '.join(names)}) for {source.segment(generator.target)} in {source.segment(generator.iter)}"
    call = f"await {gather}(*({each}{tests}))"
    used = replace_expression(source, comp, f"{_AROUND[kind]}({call})" if _AROUND[kind] else call)
    return settle(source, [*imports, *more, source.edit(start, start, put), *used])


def _returns(source: Source, comp: ast.ListComp | ast.SetComp | ast.DictComp) -> str:
    statement = source.statement(comp)
    told = None
    if isinstance(statement, ast.Return) and statement.value is comp:
        told = around(source, comp).returns
    elif isinstance(statement, ast.AnnAssign) and statement.value is comp:
        told = statement.annotation
    if told is None:
        return ""
    return pair_of(source, told) if isinstance(comp, ast.DictComp) else item_of(source, told)
