"""Which code a question needs: the function of a finding, the way to it, and what it uses. Nothing of settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

import msgspec

from pitstop.data import Finding
from pitstop.errors import PatchError
from pitstop.project import Project
from pitstop.project.model import Module

_WHOLE = 9_000
"""Characters of a file that is shown whole."""
_MOST = 36_000
"""Characters of code in one question: some 10,000 tokens."""
_LONG_CLASS = 150
"""Lines of a class of which only the method in question is shown, and what stands above the methods."""
_PLACES = 4
_SETTINGS = re.compile(
    r"(?i)(?:^|/)(?:[\w-]*_)?(?:settings?|config|configs|configuration|conf|secrets?|credentials|env|environment)(?:\.py$|/)"
)

_Lines = tuple[int, int]


class Excerpt(msgspec.Struct, frozen=True):
    """Parts of a file, each by its first and its last line (from 1), in the order of the file."""

    path: str
    text: str
    """Of the whole file; its lines end in a line feed alone."""
    parts: tuple[_Lines, ...]

    @property
    def is_whole(self) -> bool:
        return self.parts == ((1, self.text.count("\n") + 1),)


def is_settings(path: str) -> bool:
    """Whether a file holds settings by its name, and is shown to nobody."""
    return _SETTINGS.search(path) is not None


def excerpts(finding: Finding, project: Project) -> tuple[Excerpt, ...]:
    """The code that a finding is about, its own file first. Raises PatchError where none of it may be shown, or it is too long."""
    own = finding.location.path
    if is_settings(own):
        raise PatchError(f"{own} holds settings, of which nothing is sent")
    chosen: dict[str, set[_Lines]] = {}
    left = _MOST
    for path, lines in _wanted(finding, project):
        if is_settings(path):
            continue
        module = project.index.by_path.get(path)
        known = chosen.get(path, set())
        if module is None or any(first <= lines[0] and lines[1] <= last for first, last in known):
            continue
        asked = {lines} if path in chosen else {lines, *_head(module)}
        size = sum(len(_text(module, each)) for each in asked)
        if size > left:
            if path == own and not known:
                raise PatchError("its function is too long to be asked about")
            continue
        left -= size
        chosen.setdefault(path, set()).update(asked)
    return tuple(_excerpt(project.index.by_path[path], lines) for path, lines in chosen.items())


def _excerpt(module: Module, wanted: Iterable[_Lines]) -> Excerpt:
    merged: list[_Lines] = []
    for first, last in sorted(wanted):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return Excerpt(module.path, module.source.text, tuple(merged))


def _text(module: Module, lines: _Lines) -> str:
    return "\n".join(module.source.text.split("\n")[lines[0] - 1 : lines[1]])


def _wanted(finding: Finding, project: Project) -> Iterator[tuple[str, _Lines]]:
    """Pieces of files, the most needed first: where it is, the way there, and what is used there."""
    places = [finding.location, *finding.places[:_PLACES], *reversed(finding.call_path)]
    for place in places:
        module = project.index.by_path.get(place.path)
        if module is not None:
            yield place.path, _around(module, place.line)
    for place in places:
        function = project.function_at(place.path, place.line)
        if function is None:
            continue
        for edge in project.calls.edges(function):
            target = edge.target
            yield target.module.path, _around(target.module, target.location.line)
        names = {
            node.id
            for node in ast.walk(_parsed(_text(function.module, _around(function.module, place.line))))
            if isinstance(node, ast.Name)
        }
        for name in sorted(names):
            found = project.index.member(function.module, name)
            info = (
                project.index.classes.get(found.target)
                if found is not None and found.how == "class"
                else None
            )
            if info is not None:
                yield info.module.path, _around(info.module, info.location.line)


def _parsed(text: str) -> ast.Module:
    """The tree of a piece of a file, whatever it is indented by; an empty one where it does not stand by itself."""
    try:
        return ast.parse(f"if 1:\n{text}" if text[:1] in " \t" else text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module(body=[], type_ignores=[])


def _around(module: Module, line: int) -> _Lines:
    """The lines of the file, where that is short; else of the statement at its top that holds a line; of a long class, of the method."""
    text = module.source.text
    if len(text) <= _WHOLE:
        return 1, text.count("\n") + 1
    for statement in _parsed(text).body:
        first, last = _span(statement)
        if not first <= line <= last:
            continue
        if isinstance(statement, ast.ClassDef) and last - first > _LONG_CLASS:
            inner = next(
                (span for each in statement.body if (span := _span(each))[0] <= line <= span[1]), None
            )
            if inner is not None:
                return inner
            return first, min(
                _span(each)[0] - 1
                for each in statement.body
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
            )
        return first, last
    return line, line


def _span(statement: ast.stmt) -> _Lines:
    """The lines of a statement, its decorators among them."""
    decorators = getattr(statement, "decorator_list", [])
    return min(
        [statement.lineno, *(each.lineno for each in decorators)]
    ), statement.end_lineno or statement.lineno


def _head(module: Module) -> Iterator[_Lines]:
    """What stands at the top of a module by itself: imports and short assignments."""
    for statement in _parsed(module.source.text).body:
        first, last = _span(statement)
        is_short = isinstance(statement, ast.Assign | ast.AnnAssign) and last - first < 4
        if isinstance(statement, ast.Import | ast.ImportFrom) or is_short:
            yield first, last
