"""The regression test of a repair: one of the project's own tests once more, in which what it must not do again is counted."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import msgspec

from pitstop.data import FileChange
from pitstop.errors import PatchError
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Function, Source
from pitstop.patching.statements import insert_after
from pitstop.patching.wrapping import finish
from pitstop.verdicts import Metric


class _Event(msgspec.Struct, frozen=True):
    """An event of SQLAlchemy's, the class that has it, and what of its arguments a person wants to see."""

    module: str
    owner: str
    event: str
    arguments: str
    shown: str


COUNTERS: Mapping[Metric, _Event] = {
    "statements": _Event(
        "sqlalchemy.engine",
        "Engine",
        "before_cursor_execute",
        "_connection, _cursor, statement, *_",
        "statement",
    ),
    "commits": _Event("sqlalchemy.engine", "Engine", "commit", "connection", "connection"),
    "connects": _Event("sqlalchemy.pool", "Pool", "connect", "connection, _record", "connection"),
}
"""What a test can count by SQLAlchemy's events (its documentation: ConnectionEvents and PoolEvents)."""
_SUFFIXES: Mapping[Metric, str] = {"blocked_ms": "blocking"}
_OWN_NAMES = frozenset({"sent", "note", "waited", "built", "call", "listen"})
_ASGI = ("Message", "Receive", "Scope", "Send")


class Watch(msgspec.Struct, frozen=True):
    """What a test counts: one of `COUNTERS`, of `blocked_ms` the calls of one function that the event loop makes itself, of `clients` all
    calls of what builds one, of `bytes` those of all answers."""

    metric: Metric
    call: str = ""
    """The function by its dotted name, as `time.sleep` or `httpx.AsyncClient.__init__`."""


class _Body(msgspec.Struct, frozen=True):
    """A counter as a test has it: what stands before the call of the other test, around it, and the list that it fills."""

    before: list[str]
    opening: list[str]
    closing: list[str]
    counted: str
    """The expression that says how much it was."""


def guard(source: Source, test: str, watch: Watch, limit: int, says: str) -> tuple[FileChange, str]:
    """The file of a test (`test_x` or `TestX::test_x`) with another below it, which calls it and fails above `limit`.

    `says` becomes its docstring. Returns the change and the new test's name, in the same form. Raises PatchError where the test
    cannot be called with what pytest hands it alone.
    """
    function = _found(source, test)
    _refuse(source, function)
    name = _free_name(source, function, watch.metric)
    before = source.text
    written: dict[tuple[str, str | None], str] = {}
    for module, wanted in _imports(watch, is_typed=_is_typed(function)):
        edits, written[module, wanted] = ensure_import(source, module, wanted, at=_found(source, test))
        source = source.apply(edits) if edits else source
    function = _found(source, test)
    counter = _called if watch.call else _answered if watch.metric == "bytes" else _listened
    body = counter(source, function, watch, written)
    text = _text(source, function, name, body, limit, says)
    gap = "\n" if _is_method(source, function) else "\n\n"
    after = finish(source, insert_after(source, function, gap + text)).after
    parts = [*test.split("::")[:-1], name]
    return FileChange(path=source.path, before=before, after=after), "::".join(parts)


def _imports(watch: Watch, *, is_typed: bool) -> list[tuple[str, str | None]]:
    """What the counter needs: modules, and names of modules."""
    if watch.call:
        of_loop: list[tuple[str, str | None]] = [("asyncio", None), ("contextlib", "suppress")]
        patched: list[tuple[str, str | None]] = [("unittest", "mock"), (_module(watch.call), None)]
        return [*of_loop, *patched] if watch.metric == "blocked_ms" else patched
    if watch.metric == "bytes":
        types = [("starlette.types", name) for name in _ASGI] if is_typed else []
        return [("unittest", "mock"), ("starlette.applications", "Starlette"), *types]
    event = COUNTERS[watch.metric]
    return [("sqlalchemy", "event"), (event.module, event.owner)]


def _module(call: str) -> str:
    """The module of a function: what stands before it, or before its class."""
    parts = call.split(".")[:-1]
    return ".".join(parts[:-1] if parts[-1][:1].isupper() else parts)


_Written = Mapping[tuple[str, str | None], str]


def _listened(source: Source, function: Function, watch: Watch, written: _Written) -> _Body:
    """A counter of SQLAlchemy's events."""
    counter = COUNTERS[watch.metric]
    unit, is_typed = source.indent_unit, _is_typed(function)
    event, owner = written["sqlalchemy", "event"], written[counter.module, counter.owner]
    heard = f"{owner}, {source.quote}{counter.event}{source.quote}, note"
    return _Body(
        before=[
            f"sent{': list[object]' if is_typed else ''} = []",
            "",
            f"def note{'(*arguments: object) -> None' if is_typed else f'({counter.arguments})'}:",
            f"{unit}sent.append({'arguments' if is_typed else counter.shown})",
            "",
        ],
        opening=[f"{event}.listen({heard})", "try:"],
        closing=["finally:", f"{unit}{event}.remove({heard})"],
        counted="len(sent)",
    )


def _answered(source: Source, function: Function, _watch: Watch, written: _Written) -> _Body:
    """A counter of the bytes that the app answers with, as they leave it. An app that is mounted in another counts beside that."""
    unit, is_typed = source.indent_unit, _is_typed(function)
    mock, app = written["unittest", "mock"], written["starlette.applications", "Starlette"]
    taken, heard, sizes = "app, scope, receive, send", "message", ""
    if is_typed:
        message, receive, scope, send = (written["starlette.types", name] for name in _ASGI)
        taken = f"app: {app}, scope: {scope}, receive: {receive}, send: {send}"
        heard, sizes = f"message: {message}", ": list[int]"
    arrow = " -> None" if is_typed else ""
    body = f"{source.quote}body{source.quote}, b{source.quote * 2}"
    return _Body(
        before=[
            f"sent{sizes} = []",
            f"call = {app}.__call__",
            "",
            f"async def note({taken}){arrow}:",
            f"{unit}async def listen({heard}){arrow}:",
            f"{unit * 2}sent.append(len(message.get({body})))",
            f"{unit * 2}await send(message)",
            "",
            f"{unit}await call(app, scope, receive, listen)",
            "",
        ],
        opening=[f"with {mock}.patch.object({app}, {source.quote}__call__{source.quote}, note):"],
        closing=[],
        counted="sum(sent)",
    )


def _called(source: Source, function: Function, watch: Watch, written: _Written) -> _Body:
    """A counter of the calls of a function; of `blocked_ms` of those that are made where an event loop runs: in a thread none does."""
    unit, is_typed = source.indent_unit, _is_typed(function)
    module = _module(watch.call)
    owner, _, name = f"{written[module, None]}{watch.call.removeprefix(module)}".rpartition(".")
    filled = "waited" if watch.metric == "blocked_ms" else "built"
    counted = [f"{unit}{filled}.append(arguments)"]
    if watch.metric == "blocked_ms":
        counted = [
            f"{unit}with {written['contextlib', 'suppress']}(RuntimeError):  # there is no loop in a thread",
            f"{unit}{unit}{written['asyncio', None]}.get_running_loop()",
            f"{unit}{unit}{filled}.append(arguments)",
        ]
    return _Body(
        before=[
            f"{filled}{': list[object]' if is_typed else ''} = []",
            f"call = {owner}.{name}",
            "",
            f"def note{'(*arguments: object, **named: object) -> object' if is_typed else '(*arguments, **named)'}:",
            *counted,
            f"{unit}return call(*arguments, **named)",
            "",
        ],
        opening=[
            f"with {written['unittest', 'mock']}.patch.object({owner}, {source.quote}{name}{source.quote}, note):"
        ],
        closing=[],
        counted=f"len({filled})",
    )


def _found(source: Source, test: str) -> Function:
    body: list[ast.stmt] = source.tree.body
    *classes, name = test.split("::")
    for each in classes:
        body = next((node.body for node in body if isinstance(node, ast.ClassDef) and node.name == each), [])
    found = [node for node in body if isinstance(node, Function) and node.name == name]
    if len(found) != 1:
        raise PatchError(f"{source.path} does not have the test {test} itself")
    return found[0]


def _is_method(source: Source, function: Function) -> bool:
    return isinstance(next(source.parents(function)), ast.ClassDef)


def _refuse(source: Source, function: Function) -> None:
    """Only a test that is called with what pytest hands it, and with nothing else, can be called by another."""
    for each in function.decorator_list:
        text = source.segment(each)
        if not text.startswith("pytest.mark."):
            raise PatchError(f"the test {function.name} has a decorator of its own")
    arguments = function.args
    if arguments.vararg or arguments.kwarg or arguments.defaults or arguments.kwonlyargs:
        raise PatchError(f"the test {function.name} has arguments that are not fixtures alone")
    if any(each.arg in _OWN_NAMES for each in (*arguments.posonlyargs, *arguments.args)):
        raise PatchError(f"a fixture of the test {function.name} has a name that its twin would need")


def _free_name(source: Source, function: Function, metric: Metric) -> str:
    taken = {node.name for node in ast.walk(source.tree) if isinstance(node, Function)}
    suffix = _SUFFIXES.get(metric, metric)
    wanted = f"{function.name}_{suffix}"
    number = 2
    while wanted in taken:
        wanted, number = f"{function.name}_{suffix}_{number}", number + 1
    return wanted


def _is_typed(function: Function) -> bool:
    own = (*function.args.posonlyargs, *function.args.args)
    return function.returns is not None or any(each.annotation is not None for each in own)


def _text(source: Source, function: Function, name: str, body: _Body, limit: int, says: str) -> str:
    """The new test, written at no indentation, in the style of the one that it calls."""
    unit = source.indent_unit
    own = [*function.args.posonlyargs, *function.args.args]
    handed = own[1:] if _is_method(source, function) else own
    if _is_method(source, function) and not own:
        raise PatchError(f"the test {function.name} is called without its class")
    called = f"{own[0].arg}.{function.name}" if _is_method(source, function) else function.name
    call = f"{called}({', '.join(each.arg for each in handed)})"
    is_async = isinstance(function, ast.AsyncFunctionDef)
    arrow = f" -> {source.segment(function.returns)}" if function.returns is not None else ""
    inner = [
        *body.before,
        *body.opening,
        f"{unit}{'await ' if is_async else ''}{call}",
        *body.closing,
        _assertion(source, function, own, body.counted, limit),
    ]
    lines = [
        *(f"@{source.segment(each)}" for each in function.decorator_list),
        f"{'async ' if is_async else ''}def {name}({', '.join(map(source.segment, own))}){arrow}:",
        f'{unit}"""{says}"""',
        *(f"{unit}{line}" if line else "" for line in inner),
    ]
    return "\n".join(lines) + "\n"


def _assertion(source: Source, function: Function, own: list[ast.arg], counted: str, limit: int) -> str:
    owner = next(source.parents(function))
    is_case = isinstance(owner, ast.ClassDef) and any(
        source.segment(base).rpartition(".")[2].endswith("TestCase") for base in owner.bases
    )
    if is_case:
        return f"{own[0].arg}.assertLessEqual({counted}, {limit})"
    return f"assert {counted} <= {limit}"
