"""The regression test of a repair: one of the project's own tests once more, in which what is sent to the database is counted."""

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


class _Counter(msgspec.Struct, frozen=True):
    """An event of SQLAlchemy's, the class that has it, and what of its arguments a person wants to see."""

    module: str
    owner: str
    event: str
    arguments: str
    shown: str


COUNTERS: Mapping[Metric, _Counter] = {
    "statements": _Counter(
        "sqlalchemy.engine",
        "Engine",
        "before_cursor_execute",
        "_connection, _cursor, statement, *_",
        "statement",
    ),
    "commits": _Counter("sqlalchemy.engine", "Engine", "commit", "connection", "connection"),
    "connects": _Counter("sqlalchemy.pool", "Pool", "connect", "connection, _record", "connection"),
}
"""What a test can count by SQLAlchemy's events (its documentation: ConnectionEvents and PoolEvents)."""


def guard(source: Source, test: str, metric: Metric, limit: int, says: str) -> tuple[FileChange, str]:
    """The file of a test (`test_x` or `TestX::test_x`) with another below it, which calls it and fails above `limit`.

    `says` becomes its docstring. Returns the change and the new test's name, in the same form. Raises PatchError where the test
    cannot be called with what pytest hands it alone.
    """
    counter = COUNTERS[metric]
    function = _found(source, test)
    _refuse(source, function)
    name = _free_name(source, function, metric)
    before = source.text
    event, owner = "", ""
    for module, wanted in (("sqlalchemy", "event"), (counter.module, counter.owner)):
        edits, local = ensure_import(source, module, wanted, at=_found(source, test))
        event, owner = owner, local
        source = source.apply(edits) if edits else source
    function = _found(source, test)
    written = _text(source, function, name, counter, limit, says, event=event, owner=owner)
    gap = "\n" if _is_method(source, function) else "\n\n"
    after = finish(source, insert_after(source, function, gap + written)).after
    parts = [*test.split("::")[:-1], name]
    return FileChange(path=source.path, before=before, after=after), "::".join(parts)


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
    if any(each.arg in {"sent", "note"} for each in (*arguments.posonlyargs, *arguments.args)):
        raise PatchError(f"a fixture of the test {function.name} has a name that its twin would need")


def _free_name(source: Source, function: Function, metric: Metric) -> str:
    taken = {node.name for node in ast.walk(source.tree) if isinstance(node, Function)}
    wanted = f"{function.name}_{metric}"
    number = 2
    while wanted in taken:
        wanted, number = f"{function.name}_{metric}_{number}", number + 1
    return wanted


def _text(
    source: Source,
    function: Function,
    name: str,
    counter: _Counter,
    limit: int,
    says: str,
    *,
    event: str,
    owner: str,
) -> str:
    """The new test, written at no indentation, in the style of the one that it calls."""
    unit, quote = source.indent_unit, source.quote
    is_typed = function.returns is not None
    own = [*function.args.posonlyargs, *function.args.args]
    handed = own[1:] if _is_method(source, function) else own
    if _is_method(source, function) and not own:
        raise PatchError(f"the test {function.name} is called without its class")
    called = f"{own[0].arg}.{function.name}" if _is_method(source, function) else function.name
    call = f"{called}({', '.join(each.arg for each in handed)})"
    is_async = isinstance(function, ast.AsyncFunctionDef)
    arrow = f" -> {source.segment(function.returns)}" if function.returns is not None else ""
    noted = "(*arguments: object) -> None" if is_typed else f"({counter.arguments})"
    shown = "arguments" if is_typed else counter.shown
    heard = f"{owner}, {quote}{counter.event}{quote}, note"
    lines = [
        *(f"@{source.segment(each)}" for each in function.decorator_list),
        f"{'async ' if is_async else ''}def {name}({', '.join(map(source.segment, own))}){arrow}:",
        f'{unit}"""{says}"""',
        f"{unit}sent{': list[object]' if is_typed else ''} = []",
        "",
        f"{unit}def note{noted}:",
        f"{unit}{unit}sent.append({shown})",
        "",
        f"{unit}{event}.listen({heard})",
        f"{unit}try:",
        f"{unit}{unit}{'await ' if is_async else ''}{call}",
        f"{unit}finally:",
        f"{unit}{unit}{event}.remove({heard})",
        unit + _assertion(source, function, own, limit),
    ]
    return "\n".join(lines) + "\n"


def _assertion(source: Source, function: Function, own: list[ast.arg], limit: int) -> str:
    owner = next(source.parents(function))
    is_case = isinstance(owner, ast.ClassDef) and any(
        source.segment(base).rpartition(".")[2].endswith("TestCase") for base in owner.bases
    )
    return f"{own[0].arg}.assertLessEqual(len(sent), {limit})" if is_case else f"assert len(sent) <= {limit}"
