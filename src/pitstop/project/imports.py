"""Which files of a project import which, however deep."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator

from pitstop.project.index import Index
from pitstop.project.model import Binding, FunctionInfo, Module

_TESTS = re.compile(r"(?:^|/)(?:tests?|conftest)(?:[/_.]|$)|(?:^|/)test_")
_BY_NAME = re.compile(r"\bimport_module\(|\b__import__\(|\bpkgutil\.|\bentry_points\(|\bimport_string\(")


def imported(index: Index, modules: Iterable[Module]) -> dict[str, Module]:
    """Modules with all of the project that they import, at their top or inside of functions, by path."""
    functions: dict[str, list[FunctionInfo]] = {}
    for function in index.functions.values():
        functions.setdefault(function.module.path, []).append(function)
    found = {module.path: module for module in modules}
    todo = deque(found.values())
    while todo:
        module = todo.popleft()
        scopes = [module.bindings, *(f.bindings for f in functions.get(module.path, ()))]
        for name in (*_targets(scopes), *module.stars):
            for target in (index.module(name), index.module(name.rpartition(".")[0])):
                if target is not None and target.path not in found:
                    found[target.path] = target
                    todo.append(target)
    return found


def loaded(index: Index) -> set[str]:
    """The files that another imports, but for tests; all of them where the code imports by names that it makes up."""
    modules = [module for module in index.by_path.values() if not _TESTS.search(module.path)]
    if any(_BY_NAME.search(module.source.text) for module in modules):
        return {module.path for module in modules}
    found: set[str] = set()
    scopes: dict[str, list[dict[str, list[Binding]]]] = {m.path: [m.bindings] for m in modules}
    for function in index.functions.values():
        if function.module.path in scopes:
            scopes[function.module.path].append(function.bindings)
    for module in modules:
        for name in (*_targets(scopes[module.path]), *module.stars):
            for target in (index.module(name), index.module(name.rpartition(".")[0])):
                if target is not None and target is not module:
                    found.add(target.path)
    return found


def _targets(scopes: list[dict[str, list[Binding]]]) -> Iterator[str]:
    bindings = (b for scope in scopes for known in scope.values() for b in known)
    yield from dict.fromkeys(b.target for b in bindings if b.how == "import")
