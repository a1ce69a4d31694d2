"""Handlers that catch an error and return a word about it, with the status of a success."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Severity, SourceEvidence
from pitstop.problems.findings import make, merge_places
from pitstop.project.doubt import is_administration
from pitstop.project.facts import (
    Assign,
    Attr,
    Call,
    Const,
    Dict,
    Expr,
    Handler,
    Name,
    Return,
    Seq,
    Try,
    string,
)
from pitstop.project.sites import walk

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.routes import Route

_ANYTHING = {"", "Exception", "BaseException"}
_TELLS = {"error", "errors", "exception", "traceback"}
_SWITCHES = {"success", "succeeded", "ok", "is_success"}
_STATES = {"status", "state", "result"}
_FAILED = {"error", "failed", "failure", "fail", "ko", "nok"}
_BESIDE = {
    "message",
    "msg",
    "detail",
    "details",
    "code",
    "reason",
    "description",
    "type",
    "data",
    "timestamp",
}
"""What may stand beside the word that tells of a failure, in an answer that holds nothing else."""
_ASKS_STATE = re.compile(
    r"\b(?:health\w*|ready|readiness|live|liveness|alive|ping|status|probe|check\w*|tests?|try|validat\w*|verif\w*"
    r"|diagnos\w*|heartbeat|up|monitor\w*|debug|demo)\b",
    re.IGNORECASE,
)
"""Routes that are asked whether something works: a failure is their answer."""
_FOR_MACHINES = re.compile(
    r"\b(?:web ?hooks?|callbacks?|hooks?|events?|ipn|notif\w*|slack|telegram)\b", re.IGNORECASE
)
"""Routes whose caller would send again what is answered with an error."""
_GOOD, _BAD, _TOO_HIGH = 300, 400, 600


def find(project: Project) -> list[Finding]:
    """One finding for each module, with its places."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    by_function: dict[str, list[Route]] = {}
    for route in project.routes.all:
        if route.kind == "route":
            by_function.setdefault(route.function.qualname, []).append(route)
    for routes in by_function.values():
        function = routes[0].function
        yield from _pairs(function, routes)
        if _says_status(routes[0]) or _ASKS_STATE.search(_words(routes[0])):
            continue
        for handler in _handlers(function):
            for statement in walk(handler.body):
                if isinstance(statement, Return) and statement.value is not None:
                    told = _failure(project, function, statement.value)
                    if told:
                        yield _finding(function, statement, told, handler, routes)


def _pairs(function: FunctionInfo, routes: list[Route]) -> Iterator[Finding]:
    """`return {...}, 404`: the status is taken for a part of the answer, unless a declared type refuses the pair."""
    decorator = routes[0].decorator
    if function.node.returns is not None or (
        decorator is not None and decorator.keyword("response_model") is not None
    ):
        return
    for statement in function.statements:
        pair = statement.value if isinstance(statement, Return) else None
        if not (isinstance(pair, Seq) and pair.kind == "tuple" and len(pair.items) == 2):
            continue
        words, status = pair.items
        if isinstance(words, Dict) and isinstance(status, Const) and _is_error(status.value):
            yield make(
                problem="error-with-status-200",
                domain="errors",
                severity="medium",
                confidence="certain",
                message=(
                    f"`return ..., {status.value}` in `{function.name}` is answered with status 200 and a list of the "
                    "two: clients, retries and monitoring take it for a success"
                ),
                module=function.module,
                owner=function.qualname,
                node=statement,
                identity=(function.module.name, "pair"),
                routes=tuple(dict.fromkeys(route.name for route in routes)),
                evidence=(
                    SourceEvidence(
                        text="FastAPI reads no status out of what a handler returns, as Flask does",
                        locations=(function.at(statement),),
                    ),
                ),
                fix_class="decide",
            )


def _is_error(value: object) -> bool:
    return isinstance(value, int) and _BAD <= value < _TOO_HIGH


def _says_status(route: Route) -> bool:
    """Whether the status of the route is not the usual one, or the handler sets it."""
    given = route.decorator.keyword("status_code") if route.decorator is not None else None
    if given is not None and not _is_good(given):
        return True
    return any(
        isinstance(statement, Assign)
        and any(isinstance(t, Attr) and t.attr == "status_code" for t in statement.targets)
        for statement in walk(route.function.node.body)
    )


def _is_good(status: Expr) -> bool:
    if isinstance(status, Const):
        return isinstance(status.value, int) and status.value < _GOOD
    return isinstance(status, Attr) and (
        status.attr.startswith("HTTP_2") or status.attr in {"OK", "CREATED", "ACCEPTED"}
    )


def _handlers(function: FunctionInfo) -> Iterator[Handler]:
    for statement in function.statements:
        if isinstance(statement, Try):
            yield from statement.handlers


def _failure(project: Project, function: FunctionInfo, answer: Expr) -> str:
    """The item of an answer that tells of a failure, where the answer tells of nothing else and its status is 200."""
    if isinstance(answer, Call):
        name = project.calls.external_name(answer, function).rpartition(".")[2]
        status = answer.argument(1, "status_code")
        if name not in {"JSONResponse", "ORJSONResponse", "UJSONResponse"}:
            return ""
        if any(k.name is None for k in answer.keywords) or (status is not None and not _is_good(status)):
            return ""
        content = answer.argument(0, "content")
        return _failure(project, function, content) if isinstance(content, Dict) else ""
    if not isinstance(answer, Dict):
        return ""
    told = ""
    for key, value in zip(answer.keys, answer.values, strict=True):
        word = string(key).lower()
        if _tells(word, value):
            told = (
                told
                or f"{function.module.text(key) if key is not None else ''}: {function.module.text(value)}"
            )
        elif word not in _BESIDE | _TELLS | _SWITCHES or (word == "data" and not _is_empty(value)):
            return ""
    return told if "\n" not in told else told.partition(":")[0] + ": ..."


def _tells(word: str, value: Expr) -> bool:
    if word in _TELLS:
        return not _is_empty(value)
    if word in _SWITCHES:
        return isinstance(value, Const) and value.value is False
    return word in _STATES and string(value).lower() in _FAILED


def _is_empty(value: Expr) -> bool:
    if isinstance(value, Const):
        return value.value in {None, "", False}
    return isinstance(value, Seq | Dict) and not (value.items if isinstance(value, Seq) else value.values)


def _words(route: Route) -> str:
    """The words of the path, without its parameters, and of the handler's name."""
    path = re.sub(r"{[^}]*}", " ", route.path)
    return re.sub(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])", " ", f"{path} {route.function.name}")


def _finding(
    function: FunctionInfo, statement: Return, told: str, handler: Handler, routes: list[Route]
) -> Finding:
    kinds = handler.type.items if isinstance(handler.type, Seq) else (handler.type,)
    names = [
        kind.attr if isinstance(kind, Attr) else kind.id if isinstance(kind, Name) else "" for kind in kinds
    ]
    confidence: Confidence = "likely"
    severity: Severity = "medium"
    why = "an error of any kind ends here, also one that nobody foresaw"
    if not set(names) & _ANYTHING:
        confidence, severity = "possible", "low"
        why = "what is caught may be an outcome that clients expect"
    if _FOR_MACHINES.search(_words(routes[0])):
        confidence, severity = "possible", "low"
        why += "; the caller is a machine that may send again what is answered with an error"
    if is_administration(routes):
        severity = "low"
    return make(
        problem="error-with-status-200",
        domain="errors",
        severity=severity,
        confidence=confidence,
        message=(
            f"`{function.name}` answers an error with status 200 and `{told}`: clients, retries and monitoring take it "
            "for a success"
        ),
        module=function.module,
        owner=function.qualname,
        node=statement,
        identity=(function.module.name, confidence),
        routes=tuple(dict.fromkeys(route.name for route in routes)),
        evidence=(SourceEvidence(text=why, locations=(function.at(statement),)),),
        fix_class="decide",
    )
