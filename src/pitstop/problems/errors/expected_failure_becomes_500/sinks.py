"""What fails on an unlucky value: parsing, looking up in a table, asking for exactly one row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.problems.errors.expected_failure_becomes_500.given import Given, is_presence, tests_of, text_of
from pitstop.project.carried import names_read
from pitstop.project.facts import Assign, Attr, Call, Dict, Expr, Name, Op, Sub, children, dotted
from pitstop.project.loads import handed
from pitstop.project.results import ASYNC_SESSIONS, QUERY, RESULT, SCALARS, SYNC_SESSIONS

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site

_PARSERS = {
    "json.loads": "JSONDecodeError",
    "orjson.loads": "JSONDecodeError",
    "ujson.loads": "JSONDecodeError",
    "uuid.UUID": "ValueError",
    "int": "ValueError",
    "float": "ValueError",
    "builtins.int": "ValueError",
    "builtins.float": "ValueError",
    "datetime.datetime.fromisoformat": "ValueError",
    "datetime.date.fromisoformat": "ValueError",
    "datetime.time.fromisoformat": "ValueError",
    "datetime.datetime.strptime": "ValueError",
    "dateutil.parser.parse": "ValueError",
    "dateutil.parser.isoparse": "ValueError",
    "base64.b64decode": "binascii.Error",
    "bytes.fromhex": "ValueError",
    "ipaddress.ip_address": "ValueError",
    "ipaddress.ip_network": "ValueError",
    "decimal.Decimal": "InvalidOperation",
}
_ENUMS = {"enum.Enum", "enum.StrEnum", "enum.IntEnum"}
_ONE = {"one", "scalar_one"}
_FIRST = {*_ONE, "first", "one_or_none", "scalar", "scalar_one_or_none"}
_MANY_ROWS = re.compile(r"\b(?:func|count|exists|max|min|sum|insert|coalesce|union)\b")
_HARMLESS = re.compile(
    r"^(?:logger|logging|logs?|print|span|metrics|sentry_sdk|tracer?|structlog)\b|\.(?:debug|info|warning|error)$"
    r"|^(?:str|int|len|UUID|uuid\.UUID|bool|repr)$"
)


"""Calls that leave their arguments as they are."""
_TELLS_NOTHING = re.compile(r"^(?!.*(?:valid|check|ensure|assert|verif|parse|is_|match|guard|permi|access))")
"""Calls that, by their name, say nothing about whether a text can be read."""


@dataclass(frozen=True, slots=True)
class Sink:
    """One place that fails, what comes from the request there, and with which error."""

    site: Site
    value: str
    error: str
    does: str


def sinks(project: Project, here: Given) -> Iterator[Sink]:
    """What may fail in a function for what it is given of the request."""
    stored = {id(t) for s in here.function.statements if isinstance(s, Assign) for t in s.targets}
    for site in here.function.sites:
        if site.in_lambda or site.rescue or id(site.node) in stored:
            continue
        found: Sink | None = None
        if isinstance(site.node, Call):
            found = _parse(project, here, site, site.node) or _one_row(project, here, site, site.node)
        elif isinstance(site.node, Sub):
            found = _entry(project, here, site, site.node)
        if found is not None and not _is_checked(here, found):
            yield found


def _parse(project: Project, here: Given, site: Site, call: Call) -> Sink | None:
    if not call.args or len(call.args) > 2:
        return None
    value = text_of(project, here, call.args[0])
    if not value:
        return None
    target = project.types.type_of(call.func, here.function)
    error = _PARSERS.get(target.name, "") if target.kind in {"external", "class"} else ""
    name = target.name.rpartition(".")[2]
    if target.kind == "class" and not error and len(call.args) == 1:
        info = project.index.classes.get(target.name)
        bases = set(project.types.external_bases(target.name))
        if info is not None and bases & _ENUMS and "_missing_" not in info.methods:
            error = "ValueError"
    elif target.name.endswith(("fromisoformat", "strptime")):
        name = ".".join(target.name.split(".")[-2:])
    return Sink(site, value, error, f"{name}()") if error else None


def _entry(project: Project, here: Given, site: Site, sub: Sub) -> Sink | None:
    """`TABLE[name]`, where the table is a constant of the project written out in the code."""
    value = text_of(project, here, sub.index)
    if not value or not isinstance(sub.value, Name):
        return None
    if sub.value.id in here.function.bindings:
        return None
    binding = project.index.member(here.function.module, sub.value.id)
    if binding is None or not isinstance(binding.value, Dict) or not sub.value.id.isupper():
        return None
    if not binding.value.values:
        # A table that is filled as the service runs.
        return None
    return Sink(site, value, "KeyError", f"{sub.value.id}[...]")


def _one_row(project: Project, here: Given, site: Site, call: Call) -> Sink | None:
    """`.one()` of a statement that asks for a row by what the request names."""
    if not isinstance(call.func, Attr):
        return None
    receiver = project.types.type_of(call.func.value, here.function)
    if call.func.attr == "get_one" and len(call.args) == 2:
        names = {receiver.name, *project.types.external_bases(receiver.name)}
        wanted = call.args[1]
        if names & {*SYNC_SESSIONS, *ASYNC_SESSIONS} and isinstance(wanted, Name) and wanted.id in here.names:
            return Sink(site, wanted.id, "NoResultFound", ".get_one()")
        return None
    if call.func.attr not in _ONE or call.args or receiver.name not in {QUERY, RESULT, SCALARS}:
        return None
    value = _asked_for(here, call.func.value)
    if not value or _was_asked_for(here, value, call):
        return None
    return Sink(site, value, "NoResultFound", f".{call.func.attr}()")


def _was_asked_for(here: Given, value: str, call: Call) -> bool:
    """Whether a row was asked for by the same value before: what comes later reads it again."""
    return any(
        isinstance(site.node, Call)
        and site.node.at < call.at
        and site.node.span[2] < call.line
        and isinstance(site.node.func, Attr)
        and site.node.func.attr in _FIRST
        and _asked_for(here, site.node.func.value) == value
        for site in here.function.calls
    )


def _asked_for(here: Given, statement: Expr) -> str:
    """The first name from the request that a statement compares a column with, where it selects rows and no figures."""
    compared: list[tuple[int, str]] = []
    todo, seen = [statement], set[str]()
    while todo:
        node = todo.pop()
        if isinstance(node, Name):
            if node.id not in seen:
                seen.add(node.id)
                bound = here.function.bindings.get(node.id, ())
                todo.extend(b.value for b in bound if b.how == "value" and b.value is not None)
            continue
        if isinstance(node, Call):
            last = node.func.attr if isinstance(node.func, Attr) else getattr(node.func, "id", "")
            if _MANY_ROWS.fullmatch(last):
                return ""
            if last == "filter_by":
                compared += _given_names(here, (k.value for k in node.keywords))
        if isinstance(node, Attr) and _MANY_ROWS.fullmatch(node.attr):
            return ""
        if isinstance(node, Op) and node.op == "Eq" and any(isinstance(o, Attr) for o in node.operands):
            compared += _given_names(here, node.operands)
        todo.extend(children(node))
    return min(compared)[1] if compared else ""


def _given_names(here: Given, among: Iterable[Expr]) -> list[tuple[int, str]]:
    """Place and name of each expression that is a name given by the request."""
    return [(expr.at, expr.id) for expr in among if isinstance(expr, Name) and expr.id in here.names]


def _is_checked(here: Given, sink: Sink) -> bool:
    """Whether the code has looked at the value before: by a test of more than its presence, or in a call."""
    if any(not is_presence(test) for test in sink.site.guards):
        return True
    by_name = _HARMLESS if sink.error == "NoResultFound" else _TELLS_NOTHING
    own = _tree(here.function, sink.site.node)
    # What was made of the value may be looked at as well: `key = name.split(".")[0]`, then `if not key.isdigit(): ...`.
    made = {
        site.node.id for site in here.function.sites if id(site.node) in own and isinstance(site.node, Name)
    }
    for name in made & here.function.bindings.keys():
        if any(not is_presence(test) for test in tests_of(here.function, name)):
            return True
    for function, node, name in _way(here, sink):
        if any(not is_presence(test) for test in tests_of(function, name)):
            return True
        for site in function.calls:
            call = site.node
            if not isinstance(call, Call) or call.at >= node.at or id(call) in own:
                continue
            given = (*call.args, *(k.value for k in call.keywords))
            if not by_name.search(_spelled(call)) and any(name in names_read(a) for a in given):
                return True
    return False


def _way(here: Given, sink: Sink) -> Iterator[tuple[FunctionInfo, Expr, str]]:
    """The functions that the value passes, innermost first, with the site in each and its name there."""
    function, name = here.function, sink.value
    yield function, sink.site.node, name
    for step in reversed(here.path):
        call = step.site.node
        value = handed(call, function, name) if isinstance(call, Call) else None
        if not isinstance(value, Name):
            return
        function, name = step.function, value.id
        yield function, call, name


def _spelled(call: Call) -> str:
    return dotted(call.func) or (call.func.attr if isinstance(call.func, Attr) else "")


def _tree(function: FunctionInfo, expr: Expr) -> set[int]:
    """The expressions that a statement is made of, local names followed."""
    todo, seen, names = [expr], set[int](), set[str]()
    while todo:
        node = todo.pop()
        seen.add(id(node))
        if isinstance(node, Name) and node.id not in names:
            names.add(node.id)
            bound = function.bindings.get(node.id, ())
            todo.extend(b.value for b in bound if b.how == "value" and b.value is not None)
        todo.extend(children(node))
    return seen
