"""Lets few of the tasks of a fan-out run at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.python import Function, Source
from pitstop.problems.async_.unbounded_gather.rule import Match, matches
from pitstop.problems.bounded import (
    around,
    element_type,
    is_annotated,
    semaphore,
    signature,
)
from pitstop.problems.editing import free_name, open_source, twin_of
from pitstop.problems.layout import settle
from pitstop.project.facts import Attr, Call, For

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_AT_ONCE = {"session": 5, "http": 10, "llm": 10}
"""As many connections as a pool of SQLAlchemy keeps by default; a tenth of those that one client of httpx opens."""
_MEETING = ("asyncio.Barrier", "asyncio.Condition", "asyncio.Event", "asyncio.Queue", "asyncio.queues.Queue")
_PASSED = {"wait_for", "shield"}


def propose(finding: Finding, project: Project) -> Patch:
    """A semaphore for the tasks of one fan-out. Raises PatchError."""
    if finding.places:
        raise PatchError("the same fan-out stands in several places of the function")
    match = next((m for m in matches(project) if m.finding.id == finding.id), None)
    if match is None:
        raise PatchError("the fan-out is not there any more")
    number = _AT_ONCE.get(match.resource.kind)
    if number is None:
        raise PatchError(
            "the tasks load relationships of objects that may share one session, which serves one at a time",
            "Load them with the objects (`selectinload`), or one after the other.",
        )
    _refuse_meeting(project, match)
    return make_patch(
        finding,
        f"Let {number} run at once in {match.function.name}",
        (_limited(project, match, number),),
        (),
        risk=f"A request with more than {number} items takes longer; the number belongs to the pool, or to what the other server allows.",
        validate="Answers are the same; small requests stay fast while one with many items is under way.",
        rollback="pitstop undo",
    )


def _refuse_meeting(project: Project, match: Match) -> None:
    """Raise PatchError where tasks may wait for each other, so that those let in first would wait for ever."""
    todo = list(project.calls.targets(match.task.call, match.function))
    seen: set[str] = set()
    while todo:
        current = todo.pop()
        if current.qualname in seen:
            continue
        seen.add(current.qualname)
        todo += [e.target for e in project.calls.edges(current) if e.kind not in {"defer", "reference"}]
        for site in current.calls:
            func = site.node.func if isinstance(site.node, Call) else None
            if isinstance(func, Attr) and project.types.type_of(func.value, current).name.startswith(
                _MEETING
            ):
                raise PatchError(f"`{current.name}` may wait for what another of the tasks does")


def _limited(project: Project, match: Match, number: int) -> FileChange:
    source = open_source(project, match.finding.location.path)
    call = twin_of(source, ast.Call, match.task.call)
    if isinstance(call.func, ast.Attribute) and call.func.attr == "start_soon":
        raise PatchError("tasks of anyio are limited by a `CapacityLimiter`, by hand")
    _refuse_deadline(source, match)
    unit = _unit(source, call)
    if any(isinstance(n, ast.Await | ast.NamedExpr | ast.Lambda | ast.Starred) for n in ast.walk(unit)):
        raise PatchError("what a task is given is worked out in a way that cannot be moved")
    if "\n" in source.segment(unit) and "#" in source.segment(unit):
        raise PatchError("the call holds comments")
    statement = _statement(source, match)
    names = _names(source, match, unit)
    imports, limiter, made = semaphore(source, unit, number)
    called = source.segment(call.func).rpartition(".")[2].strip("_")
    helper = free_name(source, unit, f"limited_{called}", "limited")
    target = _target(project, match)
    kinds = _kinds(project, match, source, call, names, target)
    returns = _returns(match, target, source, call) if unit is call else ""
    text = " ".join(source.segment(unit).split())
    indent, step = source.indentation(statement), source.indent_unit
    lines = [
        made,
        "",
        signature(helper, [(name, kinds.get(name, "")) for name in names], returns),
        f"{step}async with {limiter}:",
        f"{step}{step}{'' if returns == 'None' else 'return '}await {text}",
        "",
    ]
    start = source.line_start(source.line_of(source.start(statement)))
    put = "".join((indent + line if line else "") + source.newline for line in lines)
    used = source.edit(source.start(unit), source.end(unit), f"{helper}({', '.join(names)})")
    return settle(source, [*imports, source.edit(start, start, put), used])


def _unit(source: Source, call: ast.Call) -> ast.Call:
    """The call with what limits its time around it: waiting for the semaphore must not count."""
    unit = call
    for parent in source.parents(call):
        name = source.segment(parent.func).rpartition(".")[2] if isinstance(parent, ast.Call) else ""
        if not isinstance(parent, ast.Call) or name not in _PASSED or parent.args[:1] != [unit]:
            break
        unit = parent
    return unit


def _refuse_deadline(source: Source, match: Match) -> None:
    """Raise PatchError where the whole fan-out has only so much time, which fewer at once may need longer than."""
    assert isinstance(match.fan_out.site.node, Call)
    node = twin_of(source, ast.Call, match.fan_out.site.node)
    if any(keyword.arg == "timeout" for keyword in node.keywords):
        raise PatchError("the tasks have a limit of time together")
    for parent in source.parents(node):
        if isinstance(parent, Function):
            return
        calls = [parent] if isinstance(parent, ast.Call) else []
        if isinstance(parent, ast.AsyncWith | ast.With):
            calls = [i.context_expr for i in parent.items if isinstance(i.context_expr, ast.Call)]
        for call in calls:
            if source.segment(call.func).rpartition(".")[2] in {
                "wait_for",
                "timeout",
                "timeout_at",
                "fail_after",
                "move_on_after",
            }:
                raise PatchError("the tasks have a limit of time together")


def _statement(source: Source, match: Match) -> ast.stmt:
    """The statement before which the limited coroutine can be defined."""
    if isinstance(match.loop, For):
        statement: ast.stmt = twin_of(source, ast.For, match.loop)
    else:
        statement = source.statement(twin_of(source, ast.expr, match.loop))
    if isinstance(statement, ast.While) or not source.begins_line(statement):
        raise PatchError("the tasks are made where nothing can be put before them")
    if isinstance(statement, ast.If) and source.data[source.start(statement) :].startswith(b"elif"):
        raise PatchError("the tasks are made where nothing can be put before them")
    return statement


def _names(source: Source, match: Match, unit: ast.Call) -> list[str]:
    """What a task reads that differs from one to the next, in the order of its text."""
    if isinstance(match.loop, For):
        outer: ast.AST = twin_of(source, ast.For, match.loop)
    else:
        outer = twin_of(source, ast.expr, match.loop)
    bound = {n.id for n in ast.walk(outer) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound |= {n.name for n in ast.walk(outer) if isinstance(n, ast.ExceptHandler) and n.name}
    own = {id(n) for n in _kept(unit)}
    read = [n.id for n in ast.walk(unit) if isinstance(n, ast.Name) and n.id in bound and id(n) not in own]
    return list(dict.fromkeys(read))


def _kept(unit: ast.AST) -> Iterator[ast.AST]:
    """Names that comprehensions within a call keep to themselves."""
    for each in ast.walk(unit):
        if isinstance(each, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            bound = {n.id for g in each.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
            yield from (n for n in ast.walk(each) if isinstance(n, ast.Name) and n.id in bound)


def _target(project: Project, match: Match) -> FunctionInfo | None:
    """The function of the same module that each task runs, whose annotations can be written again."""
    targets = project.calls.targets(match.task.call, match.function)
    if len(targets) != 1 or targets[0].module is not match.function.module:
        return None
    return targets[0]


def _returns(match: Match, target: FunctionInfo | None, source: Source, call: ast.Call) -> str:
    if target is None or target.node.returns is None or not is_annotated(around(source, call)):
        return ""
    return match.function.module.text(target.node.returns)


def _kinds(
    project: Project,
    match: Match,
    source: Source,
    call: ast.Call,
    names: list[str],
    target: FunctionInfo | None,
) -> dict[str, str]:
    """The annotations of what is handed on, by the names it has here."""
    if not is_annotated(around(source, call)):
        return {}
    kinds: dict[str, str] = {}
    if target is not None:
        parameters = [p for p in target.node.parameters if p.name not in {"self", "cls"}]
        for argument, parameter in zip(call.args, parameters, strict=False):
            if isinstance(argument, ast.Name) and parameter.annotation is not None:
                kinds[argument.id] = match.function.module.text(parameter.annotation)
    generator = match.loop if isinstance(match.loop, For) else match.loop.generators[0]
    if isinstance(match.loop, For):
        iterable: ast.expr = twin_of(source, ast.For, match.loop).iter
    else:
        iterable = twin_of(source, ast.expr, match.loop.generators[0].iter)
    if len(names) == 1 and names[0] not in kinds and getattr(generator.target, "id", "") == names[0]:
        told = element_type(project, match.function, source, generator, iterable)
        if told:
            kinds[names[0]] = told
    return kinds
