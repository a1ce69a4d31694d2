"""Texts of errors that nobody foresaw, and tracebacks, handed to whoever asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Severity, SourceEvidence
from pitstop.problems.errors.internals_leaked.askers import DEBUGGING, has_one_owner, is_for_developing
from pitstop.problems.errors.internals_leaked.failures import come_up, is_replaced
from pitstop.problems.findings import make, merge_places, route_names
from pitstop.project.doubt import is_administration
from pitstop.project.facts import (
    Attr,
    Call,
    Const,
    Dict,
    Expr,
    Format,
    FunctionDef,
    If,
    Name,
    Raise,
    Return,
    Seq,
    Statement,
    Try,
    blocks,
    children,
)
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project

_ALL = {"", "Exception", "BaseException"}
_BROAD = {
    "Exception",
    "BaseException",
    "SQLAlchemyError",
    "DBAPIError",
    "DatabaseError",
    "OperationalError",
    "IntegrityError",
} | {
    "ProgrammingError",
    "PostgresError",
    "StatementError",
}
"""Errors of anything, and errors of a database, whose text holds the statement."""
_HTTP = {
    "fastapi.HTTPException",
    "fastapi.exceptions.HTTPException",
    "starlette.exceptions.HTTPException",
    "fastapi.WebSocketException",
}
_RESPONSES = {
    "Response",
    "JSONResponse",
    "PlainTextResponse",
    "HTMLResponse",
    "ORJSONResponse",
    "UJSONResponse",
}
_IS_WELL = re.compile(r"(?:^|[/_-])(?:health\w*|live\w*|ready|readi\w*|ping|status)/?$", re.IGNORECASE)
_NEAR = 1
"""Calls from a block down to what fails: further down something on the way is likely to have an answer of its own."""
_SERVER = 500
_DUMPS = {"dict", "json", "model_dump", "model_dump_json"}


@dataclass(frozen=True, slots=True)
class _Leak:
    """One answer: the expression, what is told in it, the status if it is written out, and whether it is raised."""

    node: Expr
    told: str
    status: int | None
    raised: bool


@dataclass(frozen=True, slots=True)
class _Handler:
    """A block that answers an error: the error's name in it, the class that is caught, and the block that is tried, if it is known."""

    body: tuple[Statement, ...]
    name: str
    caught: str
    tried: tuple[Statement, ...]


def find(project: Project) -> list[Finding]:
    """One finding for each module and kind of leak, with its places."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    for function in project.functions:
        for handler in _handlers(function):
            leaks = list(_leaks(project, function, handler))
            routes = _routes(project, function) if leaks else ()
            if routes:
                reach = project.calls.reach(function)
                reached = reach.routes if reach is not None else ()
                if is_for_developing(project, reached):
                    continue
                doubt = (
                    "only administrators get there"
                    if is_administration(reached)
                    else "no class of the service stands for people: whoever asks may be its owner"
                    if has_one_owner(project, reached)
                    else "no call was seen there whose error comes from a database, a server or a disk"
                    if handler.tried and not come_up(project, function, handler.tried)
                    else "it tells a machine whether the service is well"
                    if reached and all(_IS_WELL.search(route.path) for route in reached)
                    else "what calls it answers something else"
                    if reach is not None and all(leak.raised for leak in leaks) and is_replaced(reach)
                    else ""
                )
                near = bool(handler.tried) and come_up(project, function, handler.tried, depth=_NEAR)
                yield from (_finding(function, leak, routes, handler.caught, doubt, near) for leak in leaks)


def _handlers(function: FunctionInfo) -> Iterator[_Handler]:
    """The blocks that answer an error that may be any, or any of the database."""
    for statement in function.statements:
        if isinstance(statement, Try):
            for handler in statement.handlers:
                kinds = handler.type.items if isinstance(handler.type, Seq) else (handler.type,)
                broad = [_last(kind) for kind in kinds if kind is None or _last(kind) in _BROAD]
                if broad:
                    caught = min(broad, key=lambda name: name not in _ALL)
                    yield _Handler(handler.body, handler.name or "", caught, statement.body)
    if _answers_any_error(function) and len(function.node.parameters) > 1:
        this = 1 if function.owner is None else 2
        if len(function.node.parameters) > this:
            caught = next((_last(d.args[0]) for d in _handling(function) if _last(d.args[0]) in _BROAD), "")
            yield _Handler(function.node.body, function.node.parameters[this].name, caught, ())


def _answers_any_error(function: FunctionInfo) -> bool:
    return any(
        _last(d.args[0]) in _BROAD or (isinstance(d.args[0], Const) and d.args[0].value == _SERVER)
        for d in _handling(function)
    )


def _handling(function: FunctionInfo) -> list[Call]:
    """The decorators that make a function answer errors."""
    return [
        d
        for d in function.node.decorators
        if isinstance(d, Call) and isinstance(d.func, Attr) and d.func.attr == "exception_handler" and d.args
    ]


def _last(expr: Expr | None) -> str:
    return expr.attr if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else ""


def _leaks(project: Project, function: FunctionInfo, handler: _Handler) -> Iterator[_Leak]:
    # What raises where Starlette answers for all errors leaves the app, and the answer is a bare 500.
    is_last = not handler.tried and handler.caught in _ALL
    for statement in _without_debugging(handler.body):
        if isinstance(statement, Return if is_last else Raise | Return) and statement.value is not None:
            answer = _answer(project, function, statement.value, returned=isinstance(statement, Return))
            if answer is None:
                continue
            told = _told(project, function, answer, handler.name)
            if told:
                yield _Leak(statement.value, told, _status(answer), isinstance(statement, Raise))


def _without_debugging(body: tuple[Statement, ...]) -> Iterator[Statement]:
    """The statements of a block, but for those that run only while debugging."""
    for statement in body:
        if isinstance(statement, FunctionDef | Try):
            # What an inner `try` answers is looked at by itself.
            continue
        if isinstance(statement, If) and DEBUGGING.search(" ".join(_words(statement.test))):
            yield from _without_debugging(statement.orelse)
            continue
        yield statement
        for block in blocks(statement):
            yield from _without_debugging(block)


def _words(expr: Expr) -> Iterator[str]:
    stack = [expr]
    while stack:
        current = stack.pop()
        if isinstance(current, Name | Attr):
            yield _last(current)
        elif isinstance(current, Const) and isinstance(current.value, str):
            yield current.value
        stack.extend(children(current))


def _answer(project: Project, function: FunctionInfo, value: Expr, *, returned: bool) -> Expr | None:
    """What is sent to whoever asked: an HTTP error, a response, or what a handler returns."""
    if isinstance(value, Call):
        found = project.types.type_of(value.func, function).name
        names = {found, *project.types.external_bases(found)}
        if names & _HTTP:
            # Returned, it is no answer of the declared shape: FastAPI answers 500.
            return None if returned and _declares(project, function) else value
        if (
            returned
            and found.rpartition(".")[2] in _RESPONSES
            and found.startswith(("fastapi.", "starlette."))
        ):
            return value
        return None
    if (
        returned
        and isinstance(value, Dict)
        and any(route.function is function for route in project.routes.all)
    ):
        return value
    return None


def _declares(project: Project, function: FunctionInfo) -> bool:
    """Whether a handler says what it answers with."""
    routes = [route for route in project.routes.all if route.function is function]
    return bool(routes) and all(
        function.node.returns is not None
        or (route.decorator is not None and route.decorator.keyword("response_model") is not None)
        for route in routes
    )


def _is_model(project: Project, function: FunctionInfo, call: Call) -> bool:
    made = project.types.type_of(call.func, function)
    return made.kind == "class" and "pydantic.BaseModel" in project.types.external_bases(made.name)


def _told(project: Project, function: FunctionInfo, answer: Expr, name: str) -> str:
    """What an answer tells of the error: its text or its traceback; empty when nothing."""
    stack: list[Expr] = [answer]
    followed: set[str] = set()
    told = ""
    while stack:
        current = stack.pop()
        if isinstance(current, Call):
            called = _last(current.func)
            if called in {"format_exc", "format_exception", "print_exc", "format_tb"}:
                return "traceback"
            if called in {"str", "repr"} and len(current.args) == 1 and _last(current.args[0]) == name:
                told = "text"
            if called in {"type", "isinstance", "getattr", "len", "id", "get", "hash"}:
                continue
            if current is not answer and _is_model(project, function, current):
                # JSON knows no models: what is not dumped ends in an error of its own.
                continue
            if called in _DUMPS and isinstance(current.func, Attr) and isinstance(current.func.value, Call):
                stack.extend(children(current.func.value))
                continue
        elif _tells(current, name):
            told = "text"
        elif isinstance(current, Name) and current.id not in followed:
            followed.add(current.id)
            # `message = str(error)`, and then the message.
            values = [b.value for b in function.bindings.get(current.id, ()) if b.how == "value"]
            if (
                len(values) == 1
                and values[0] is not None
                and current.id != name
                and isinstance(values[0], Call | Format)
            ):
                inner = values[0]
                if isinstance(inner, Format) or _last(inner.func) in {"str", "repr", "format_exc"}:
                    stack.append(inner)
        stack.extend(children(current))
    return told


def _tells(expr: Expr, name: str) -> bool:
    """`f"... {error}"`, `error.args`."""
    if isinstance(expr, Format):
        return any(_is_name(part, name) for part in expr.values)
    return (
        isinstance(expr, Attr) and _is_name(expr.value, name) and expr.attr in {"args", "orig", "statement"}
    )


def _is_name(expr: Expr, name: str) -> bool:
    return bool(name) and isinstance(expr, Name) and expr.id == name


def _status(answer: Expr) -> int | None:
    if not isinstance(answer, Call):
        return None
    position = 0 if _last(answer.func).endswith("Exception") else 1
    given = answer.keyword("status_code") or (answer.args[position] if len(answer.args) > position else None)
    if isinstance(given, Const) and isinstance(given.value, int):
        return given.value
    found = re.search(r"_(\d{3})_", _last(given))
    if found:
        return int(found[1])
    return HTTPStatus[_last(given)].value if _last(given) in HTTPStatus.__members__ else None


def _routes(project: Project, function: FunctionInfo) -> tuple[str, ...]:
    reach = project.calls.reach(function)
    if reach is not None:
        return route_names(reach)
    return tuple(r.name for r in project.routes.all if r.kind == "handler" and r.function is function)


def _finding(
    function: FunctionInfo, leak: _Leak, routes: tuple[str, ...], caught: str, doubt: str, near: bool
) -> Finding:
    mistakes = leak.status is not None and leak.status < _SERVER
    # What the text of an error holds depends on the error: most hold nothing that helps a stranger.
    telling = leak.told == "traceback" or (near and not mistakes)
    confidence: Confidence = "likely" if telling else "possible"
    severity: Severity = "high" if leak.told == "traceback" else "low" if mistakes else "medium"
    kind = "4xx" if mistakes else ""
    if doubt:
        confidence, severity, kind = "possible", "low", f"{kind} doubtful"
    what = "the traceback" if leak.told == "traceback" else "the text"
    which = "whatever error happens" if caught in _ALL else f"every `{caught}` of the database"
    return make(
        problem="internals-leaked",
        domain="errors",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` answers with {what} of {which}, which may hold statements, paths and names of hosts",
        module=function.module,
        owner=function.qualname,
        node=leak.node,
        identity=(function.module.name, f"{leak.told} {kind}"),
        routes=routes,
        evidence=(
            SourceEvidence(
                text=f"{'any error' if caught in _ALL else f'`{caught}`'} is caught here, and {what} is sent to whoever asked"
                + ("; but it may be meant for mistakes in the request" if mistakes else "")
                + (f"; but {doubt}" if doubt else ""),
                locations=(function.at(leak.node),),
            ),
        ),
        fix_class="decide",
    )
