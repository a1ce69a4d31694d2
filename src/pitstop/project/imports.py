"""Which files of a project import which, however deep."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator

from pitstop.project.facts import Import
from pitstop.project.index import Index
from pitstop.project.model import FunctionInfo, Module
from pitstop.project.model import imported as bound_by

_TESTS = re.compile(r"(?:^|/)(?:tests?|conftest)(?:[/_.]|$)|(?:^|/)test_")
_INDENTED = re.compile(r"^[ \t]+(?:from|import)[ \t]", re.MULTILINE)
_BY_NAME = re.compile(r"\bimport_module\(|\b__import__\(|\bpkgutil\.|\bentry_points\(|\bimport_string\(")


def is_test(module: Module) -> bool:
    """Whether a file belongs to the tests, by where it lies and what it is called."""
    return _TESTS.search(module.path) is not None


def imported(index: Index, modules: Iterable[Module]) -> dict[str, Module]:
    """Modules with all of the project that they import, at their top or inside of functions, by path."""
    functions = _importing(index)
    found = {module.path: module for module in modules}
    todo = deque(found.values())
    while todo:
        module = todo.popleft()
        for name in _targets(module, functions):
            for target in (index.module(name), index.module(name.rpartition(".")[0])):
                if target is not None and target.path not in found:
                    found[target.path] = target
                    todo.append(target)
    return found


def imports_by_name(index: Index) -> bool:
    """Whether the code, but for tests, imports by names that it makes up."""
    return any(
        _BY_NAME.search(module.source.text) for module in index.by_path.values() if not is_test(module)
    )


def loaded(index: Index) -> set[str]:
    """The files that another imports, but for tests; all of them where the code imports by names that it makes up."""
    modules = [module for module in index.by_path.values() if not is_test(module)]
    if imports_by_name(index):
        return {module.path for module in modules}
    found: set[str] = set()
    functions = _importing(index)
    for module in modules:
        for name in _targets(module, functions):
            for target in (index.module(name), index.module(name.rpartition(".")[0])):
                if target is not None and target is not module:
                    found.add(target.path)
    return found


def _importing(index: Index) -> dict[str, list[FunctionInfo]]:
    """The functions of the files that import something further in than at their top, by path."""
    paths = {module.path for module in index.by_path.values() if _INDENTED.search(module.source.text)}
    found: dict[str, list[FunctionInfo]] = {}
    for function in index.functions.values():
        if function.module.path in paths:
            found.setdefault(function.module.path, []).append(function)
    return found


def _targets(module: Module, functions: dict[str, list[FunctionInfo]]) -> Iterator[str]:
    """The dotted names that a file imports, at its top and in its functions."""
    names = [b.target for known in module.bindings.values() for b in known if b.how == "import"]
    names += [
        target
        for function in functions.get(module.path, ())
        for statement in function.statements
        if isinstance(statement, Import)
        for _, target in bound_by(statement, module)
    ]
    yield from dict.fromkeys((*names, *module.stars))
