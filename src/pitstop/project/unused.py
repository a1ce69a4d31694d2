"""Functions that the service has and never calls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from pitstop.project.facts import Call, dotted
from pitstop.project.imports import imports_by_name, is_test, loaded
from pitstop.project.model import ClassInfo, FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project

_IMPORTS = re.compile(
    r"^[ \t]*(?:from[ \t]+[\w.]+[ \t]+import[ \t]*(?:\([^)]*\)|(?:[^\n\\]|\\\n)*)|import[ \t][^\n]*)"
    r"|^__all__\b[^=\n]*=\s*[\[(][^\])]*[\])]",
    re.MULTILINE,
)
_STARTED = re.compile(r"(?i)(?:^|_)(?:main|run|serve|handler|app|application)(?:_|$)")
"""Names of what others than the service's own files call: servers, platforms, entry points."""


class Unused:
    """Which functions nothing in the service mentions but imports, or only what is itself not mentioned.

    Words are counted, not meanings: whoever is named anywhere else, be it in a comment, is taken to be called.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, bool] = {}

    def has(self, function: FunctionInfo) -> bool:
        """Whether a function of a service is surely never called: not where files are imported by names made up at run time."""
        while function.parent is not None:
            function = function.parent
        known = self._known.get(function.qualname)
        if known is None:
            # Two that only call each other are not found out: each is taken to be called meanwhile.
            self._known[function.qualname] = False
            known = self._known[function.qualname] = self._has(function)
        return known

    def _has(self, function: FunctionInfo) -> bool:
        if function.module.path not in self._imported:
            return False
        subject: FunctionInfo | ClassInfo = function.owner or function
        name = subject.name
        is_registered = subject.node.decorators and subject.qualname not in self._project.shadows.unreached
        if is_registered or (name.startswith("__") and name.endswith("__")) or _STARTED.search(name):
            return False
        if isinstance(subject, ClassInfo):
            if subject.node.bases:  # a class may be found by what it is derived from
                return False
        elif any(_makes_an_app(each) for each in (subject, *subject.nested.values())):
            return False
        word = re.compile(rf"(?<!def )(?<!class )\b{re.escape(name)}\b")
        return not any(self._is_called(subject, path, line) for path, line in self._mentions(word))

    def _mentions(self, word: re.Pattern[str]) -> Iterator[tuple[str, int]]:
        for path, text in self._texts.items():
            for found in word.finditer(text):
                yield path, text.count("\n", 0, found.start()) + 1

    def _is_called(self, subject: FunctionInfo | ClassInfo, path: str, line: int) -> bool:
        """Whether a mention counts: not in the subject itself, nor in what is not called."""
        start, _, end, _ = subject.node.span
        start = min((start, *(decorator.line for decorator in subject.node.decorators)))
        if path == subject.module.path and start <= line <= end:
            return False
        around = self._project.function_at(path, line)
        return around is None or not self.has(around)

    @cached_property
    def _imported(self) -> set[str]:
        """The files whose functions can be judged: those that others import, where the service has an app."""
        if not self._project.routes.apps or imports_by_name(self._project.index):
            return set()
        apps = {app.module.path for app in self._project.routes.apps}
        return loaded(self._project.index) | apps

    @cached_property
    def _texts(self) -> dict[str, str]:
        """The files without what they import, line by line as they are, and those that start the service."""
        modules = {
            path: _IMPORTS.sub(_blank, module.source.text)
            for path, module in self._project.index.by_path.items()
            if not is_test(module)
        }
        texts = {**self._project.deployment.texts, **modules}
        with suppress(OSError):
            texts["pyproject.toml"] = (self._project.root / "pyproject.toml").read_text("utf-8", "replace")
        return texts


def _blank(found: re.Match[str]) -> str:
    # What another name is given to is called by that.
    return found[0] if re.search(r"\bas\b", found[0]) else "\n" * found[0].count("\n")


def _makes_an_app(function: FunctionInfo) -> bool:
    return any(
        isinstance(site.node, Call) and dotted(site.node.func).rpartition(".")[2] in {"FastAPI", "Starlette"}
        for site in function.calls
    )
