"""Which of the given lines ran within a request, and which while none was under way: as the service started, and as it ended.

The files are compiled with a note in front of each statement that covers such a line. That works in threads, greenlets and
generators alike, on every version, and leaves line numbers and tracebacks as they were.
"""

from __future__ import annotations

import ast
import builtins
import os
from collections.abc import Callable, Iterable
from importlib.machinery import SourceFileLoader
from types import CodeType, ModuleType
from typing import Any

from .request import NOBODY
from .splice import NAMES, RUNNING, statements
from .state import Probe

NOTE = f"{RUNNING}.hits[%d] = None"
"""A statement that takes a number in. A function of ours would cost several times as much."""
_HEADED = (
    ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try,
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef,
)  # fmt: skip


class Marks:
    """The places in the instrumented files, numbered."""

    def __init__(self) -> None:
        self._lines: list[tuple[tuple[str, int], ...]] = []

    def add(self, path: str, lines: list[int]) -> int:
        """The number for a place that stands for these lines."""
        self._lines.append(tuple((path, line) for line in lines))
        return len(self._lines) - 1

    def lines(self, numbers: Iterable[int]) -> list[tuple[str, int]]:
        """The lines that some places stand for, in order."""
        return sorted({line for number in numbers for line in self._lines[number]})


class Instrument:
    """Puts the calls into the tree of one file."""

    def __init__(self, marks: Marks, path: str, lines: list[int]) -> None:
        self._marks = marks
        self._path = path
        self._wanted = sorted(set(lines))

    def module(self, tree: ast.Module) -> ast.Module:
        """The tree with its calls."""
        tree.body = self._block(tree.body, leading=True)
        return tree

    def _block(self, body: list[ast.stmt], leading: bool = False, since: int = 0) -> list[ast.stmt]:
        """A list of statements. `since` is the first line after the header: `else:` has no statement of its own."""
        result: list[ast.stmt] = []
        for position, statement in enumerate(body):
            fixed = leading and position == len(result) and _must_lead(statement, position)
            first = since if position == 0 and since else _first_line(statement)
            lines = self._covered(statement, min(first, _first_line(statement)))
            self._inside(statement)
            if lines and not fixed:
                result += statements(NOTE % self._marks.add(self._path, lines), statement)
            result.append(statement)
        return result

    def _covered(self, statement: ast.stmt, first: int) -> list[int]:
        last = statement.end_lineno or statement.lineno
        starts = [_first_line(inner) for inner in _first_inner(statement)]
        if starts:
            last = max(min(starts) - 1, statement.lineno)
        return [line for line in self._wanted if first <= line <= last]

    def _inside(self, statement: ast.stmt) -> None:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            statement.body = self._block(statement.body, leading=True)
            return
        end = statement.lineno
        for field in ("body", "handlers", "orelse", "finalbody"):
            inner = getattr(statement, field, None)
            if not isinstance(inner, list) or not inner:
                continue
            if field == "handlers":
                for handler in inner:
                    self._headed(handler, handler.lineno)
            else:
                follows = 0 if field == "body" else end + 1
                setattr(statement, field, self._block(inner, since=follows))
            end = max(getattr(each, "end_lineno", 0) or 0 for each in inner)
        for case in getattr(statement, "cases", ()):
            self._headed(case, case.pattern.lineno)

    def _headed(self, part: Any, first: int) -> None:
        """An `except` or `case`: its own lines count when its body is entered."""
        body: list[ast.stmt] = part.body
        part.body = self._block(body, since=min(first, _first_line(body[0])))


def _first_line(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", None)
    first: int = min([statement.lineno, *(each.lineno for each in decorators or ())])
    return first


def _first_inner(statement: ast.stmt) -> list[ast.stmt]:
    if isinstance(statement, _HEADED) or hasattr(statement, "handlers"):
        return list(statement.body[:1])  # type: ignore[attr-defined]  # each of these has a body
    cases = getattr(statement, "cases", None)
    if cases:
        return [ast.copy_location(ast.Pass(), cases[0].pattern)]
    return []


def _must_lead(statement: ast.stmt, position: int) -> bool:
    if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
        return True
    if position == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return isinstance(statement.value.value, str)
    return False


def install(probe: Probe, _after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Compile the files of `hits` with their calls from now on."""
    if not probe.config.hits:
        return
    marks = Marks()
    probe.texts.lines_of = marks.lines
    vars(builtins).update(NAMES)
    probe.at_exit.append(
        lambda: (
            probe.output.put({"type": "outside", "lines": marks.lines(NOBODY.hits)}) if NOBODY.hits else None
        )
    )
    wanted = {
        os.path.realpath(os.path.join(probe.config.root, path)): (path, lines)
        for path, lines in probe.config.hits.items()
    }
    original = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, fullname: str) -> CodeType | None:
        try:
            found = wanted.get(os.path.realpath(self.get_filename(fullname)))
            if found is not None:
                filename = self.get_filename(fullname)
                tree = ast.parse(self.get_data(filename), filename)
                code: CodeType = compile(
                    Instrument(marks, *found).module(tree), filename, "exec", dont_inherit=True
                )
                return code
        except Exception as error:
            probe.fault("hits", error)
        return original(self, fullname)

    setattr(SourceFileLoader, "get_code", get_code)  # noqa: B010  # past the cache of compiled files, both ways
