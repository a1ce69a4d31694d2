"""Sessions made on the way of a request and never closed, and one session shared by all requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.database.session_leak.makers import is_made, makes
from pitstop.problems.database.session_leak.shared import shared
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Assign, Attr, Await, Call, Expr, Name, Other, Return, With, children, dotted
from pitstop.project.model import FunctionInfo
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import ClassInfo
    from pitstop.project.sites import Site

_IMPACT = Impact(text="the connection is back in the pool when the request ends")
_CLOSES = {"aclose", "close", "close_all", "invalidate", "remove"}
_ENDS = {"commit", "rollback"}
_TAKES_OVER = {"closing", "aclosing", "enter_context", "enter_async_context", "callback", "push", "push_async_exit"} | {
    "push_async_callback", "finalize", "add_task",
}  # fmt: skip


def find(project: Project) -> list[Finding]:
    """One finding for each function that leaves a session open, and for each session that requests share."""
    return merge_places((*_left_open(project), *_handed_out(project), *shared(project)))


# --- made in a request and not closed --------------------------------------------------------------------------------


def _left_open(project: Project) -> Iterator[Finding]:
    for function in project.functions:
        if project.calls.reach(function) is None or function.yields or is_memoised(function):
            continue
        sites: dict[int, Site] | None = None
        for statement in function.statements:
            if not isinstance(statement, Assign) or len(statement.targets) != 1:
                continue
            target, value = statement.targets[0], statement.value
            if isinstance(value, Await):
                value = value.value
            if not isinstance(target, Name) or not isinstance(value, Call):
                continue
            how = makes(project, value, function)
            if not how or not _is_kept_here(project, function, target.id):
                continue
            if sites is None:
                sites = {id(site.node): site for site in function.calls}
            reach = project.calls.reach(function, sites[id(value)])
            if reach is None:
                continue
            steps = (Step(function, sites[id(value)]),)
            confidence, severity, why = weigh(reach, steps, "possible", "high")
            yield make(
                problem="session-leak",
                domain="database",
                severity=severity,
                confidence=confidence,
                message=f"`{function.name}` {how} `{target.id}` and never closes it: its connection is missing from the pool "
                "until the garbage collector finds it",
                module=function.module,
                owner=function.qualname,
                node=value,
                routes=route_names(reach),
                call_path=path_of(reach, steps),
                evidence=(
                    SourceEvidence(
                        text="no `with`, no `close()`, and it is neither returned nor kept elsewhere"
                        + (f"; but {why}" if why else ""),
                        locations=(function.at(value),),
                    ),
                ),
                impact=_IMPACT,
                fix_class="proved",
            )


def _is_kept_here(project: Project, function: FunctionInfo, name: str) -> bool:
    """Whether a local session goes nowhere where somebody might close it, and is not closed here."""
    if any(isinstance(s, Other) and s.kind in {"Global", "Nonlocal"} for s in function.statements):
        return False
    if function.nested or function.classes:
        return False
    for statement in function.statements:
        if isinstance(statement, Return) and statement.value is not None and _holds(statement.value, name):
            return False
        if isinstance(statement, With) and any(_mentions(item.context, name) for item in statement.items):
            return False
        if isinstance(statement, Assign) and statement.value is not None and _holds(statement.value, name):
            return False
    last: tuple[int, bool] = (0, True)
    for site in function.calls:
        call = site.node
        assert isinstance(call, Call)
        func = call.func
        if isinstance(func, Attr) and _mentions(func.value, name):
            if func.attr in _CLOSES:
                return False
            last = max(last, (call.at, func.attr in _ENDS))
        if any(_holds(argument, name) for argument in (*call.args, *(k.value for k in call.keywords))):
            if not _only_uses(project, call, function):
                return False
            ends = any(
                f"{word}(" in text for word in _ENDS for text in _texts(project, call, function)
            ) or any(
                project.writes.find(target, "commit") for target in project.calls.targets(call, function)
            )
            last = max(last, (call.at, ends))
    # After a commit or a rollback a session holds no connection.
    return not last[1]


def _only_uses(project: Project, call: Call, function: FunctionInfo) -> bool:
    """Whether what is called is the project's own and closes nothing."""
    last = call.func.attr if isinstance(call.func, Attr) else dotted(call.func)
    if last in _TAKES_OVER:
        return False
    texts = _texts(project, call, function)
    return bool(texts) and not any(f"{word}(" in text for word in _CLOSES for text in texts)


def _texts(project: Project, call: Call, function: FunctionInfo) -> list[str]:
    """The source of the project's function or class that is called."""
    found = project.types.type_of(call.func, function)
    info: FunctionInfo | ClassInfo | None = None
    if found.kind == "function":
        info = project.index.functions.get(found.name)
    elif found.kind == "class":
        info = project.index.classes.get(found.name)
    return [info.module.text(info.node)] if info is not None else []


# --- handed out by a dependency that returns -------------------------------------------------------------------------


def _handed_out(project: Project) -> Iterator[Finding]:
    """`def get_db(): return SessionLocal()`: a dependency that returns cannot close what it made."""
    users: dict[str, list[tuple[FunctionInfo, str]]] = {}
    for function in project.functions:
        for parameter in function.node.parameters:
            provider = _provider(project, function, parameter.default)
            if provider is None and parameter.annotation is not None:
                for item, scope, _ in project.types.metadata(parameter.annotation, function.module):
                    inner = project.types.depends(item, scope)
                    found = project.types.type_of(inner, scope) if inner is not None else None
                    if found is not None and found.kind == "function":
                        provider = project.index.functions.get(found.name)
            if provider is not None:
                users.setdefault(provider.qualname, []).append((function, parameter.name))
    for name, used in sorted(users.items()):
        provider = project.index.functions[name]
        if provider.yields or provider.node.decorators or not provider.returns or is_memoised(provider):
            continue
        if not all(is_made(project, value, provider, 0) for value in provider.returns):
            continue
        reach = project.calls.reach(provider)
        if reach is None or any(_closes(function, parameter) for function, parameter in used):
            continue
        yield make(
            problem="session-leak",
            domain="database",
            severity="high",
            confidence="likely",
            message=f"the dependency `{provider.name}` returns a session that nobody closes: its connection is missing from the "
            "pool until the garbage collector finds it",
            module=provider.module,
            owner=provider.qualname,
            node=provider.returns[0],
            routes=route_names(reach),
            call_path=path_of(reach),
            evidence=(
                SourceEvidence(
                    text="a dependency closes after the response what it yields, not what it returns",
                    locations=(
                        provider.at(provider.returns[0]),
                        *(function.location for function, _ in used[:3]),
                    ),
                ),
            ),
            impact=_IMPACT,
            fix_class="proved",
        )


def _provider(project: Project, function: FunctionInfo, default: Expr | None) -> FunctionInfo | None:
    if not isinstance(default, Call):
        return None
    inner = project.types.depends(default, function.module)
    found = project.types.type_of(inner, function.module) if inner is not None else None
    return project.index.functions.get(found.name) if found is not None and found.kind == "function" else None


def _closes(function: FunctionInfo, name: str) -> bool:
    """Whether a user of the dependency closes it, or yields it on and so may."""
    if function.yields:
        return True
    text = function.module.text(function.node)
    return (
        any(f"{name}.{word}(" in text for word in _CLOSES)
        or f"with {name}" in text
        or f"closing({name})" in text
    )


def _mentions(expr: Expr, name: str) -> bool:
    stack = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, Name) and node.id == name:
            return True
        stack.extend(children(node))
    return False


def _holds(expr: Expr, name: str) -> bool:
    """Whether an expression hands the object itself on, and not something that it gives."""
    stack = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, Name) and node.id == name:
            return True
        if not isinstance(node, (Attr, Call, Await)):
            stack.extend(children(node))
    return False
