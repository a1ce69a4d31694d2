"""SQLite databases whose connections nobody tells to keep a write-ahead log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Impact, SourceEvidence
from pitstop.problems.engines import engines, is_elsewhere, mentions_server, outer_calls, scheme_of
from pitstop.problems.findings import make, merge_places, route_names
from pitstop.project.facts import Attr, Call, Const, Name, dotted, string
from pitstop.project.imports import is_test
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import walk

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.inference import Scope
    from pitstop.project.model import Module

IMPACT = Impact(
    text="one write to the disk for each commit in place of several, and readers do not wait for it",
    expected=(1.2, 3.5),
    source="a commit of one row alone is 3.5× as fast on an SSD: pitstop's own measurement",
)
_FILE = re.compile(r"""sqlite(?:\+\w+)?:///(?!:memory:|file::memory:)[^"'\\s?#]""", re.IGNORECASE)
_PRAGMA = re.compile(r"\s*PRAGMA\s+\w", re.IGNORECASE)
_SETTING = "journal_mode"
_COMMITS = {"begin", "commit"}
_SAFE = {"GET", "HEAD", "OPTIONS"}


def find(project: Project) -> list[Finding]:
    """One finding for each place where connections to SQLite are set up, or engines for it made, without a write-ahead log."""
    own = [module for module in project.index.by_path.values() if not is_test(module)]
    if any(_SETTING in module.source.text.lower() for module in own):
        return []
    routes = _writing(project)
    if not routes:
        return []
    served = [module for module in own if not is_elsewhere(module.path)]
    has_file = any(_FILE.search(module.source.text) for module in served if module.says("sqlite"))
    sure: Confidence = "likely" if has_file and not mentions_server(project) else "possible"
    listeners = [function for function in project.functions if pragmas(project, function)]
    if listeners:
        return merge_places(
            _told(f, pragmas(project, f)[-1], f.module, f.qualname, sure, routes) for f in listeners
        )
    if not has_file:
        return []
    return merge_places(_by_url(project, sure, routes))


def pragmas(project: Project, function: FunctionInfo) -> list[Call]:
    """The calls by which a listener for new connections sets SQLite up; none where the function is no such listener."""
    if not function.module.says("PRAGMA") or is_elsewhere(function.module.path):
        return []
    found = [
        site.node
        for site in function.calls
        if isinstance(site.node, Call)
        and isinstance(site.node.func, Attr)
        and site.node.func.attr == "execute"
        and len(site.node.args) == 1
        and _PRAGMA.match(string(site.node.args[0]))
    ]
    return found if found and _listens(project, function) else []


def _listens(project: Project, function: FunctionInfo) -> bool:
    """Whether a function is called with each new connection."""
    for decorator in function.node.decorators:
        if isinstance(decorator, Call) and _is_for_connections(decorator, "listens_for"):
            return True
    return any(
        _is_for_connections(call, "listen")
        and len(call.args) > 2
        and dotted(call.args[2]).rpartition(".")[2] == function.name
        for module in project.index.by_path.values()
        if module.says(function.name) and module.says("listen")
        for call in _calls(project, module)
    )


def _is_for_connections(call: Call, name: str) -> bool:
    return (
        dotted(call.func).rpartition(".")[2] == name
        and len(call.args) > 1
        and string(call.args[1]) == "connect"
    )


def _calls(project: Project, module: Module) -> Iterator[Call]:
    for statement in walk(module.source.facts.body):
        yield from outer_calls(statement)
    for function in project.functions:
        if function.module is module:
            yield from (site.node for site in function.calls if isinstance(site.node, Call))


def _by_url(project: Project, sure: Confidence, routes: tuple[str, ...]) -> Iterator[Finding]:
    for engine in engines(project, every=True):
        scheme = scheme_of(project, engine.call.argument(0, "url"), engine.scope)
        if not scheme.lower().startswith("sqlite") or _is_in_memory(engine.call, engine.scope):
            continue
        if isinstance(engine.scope, FunctionInfo):
            owner = engine.scope.qualname
        else:
            owner = f"{engine.module.name}.{engine.name}"
        confidence: Confidence = "possible" if engine.conditional else sure
        yield _told(engine.scope, engine.call, engine.module, owner, confidence, routes)


def _is_in_memory(call: Call, scope: Scope) -> bool:
    """Whether the URL is one of a database in memory, as far as it stands beside the engine."""
    url = call.argument(0, "url")
    module = scope.module if isinstance(scope, FunctionInfo) else scope
    if isinstance(url, Name):
        bound = module.bindings.get(url.id, [])
        url = next((each.value for each in bound if isinstance(each.value, Const)), url)
    text = string(url) if isinstance(url, Const) else ""
    return bool(text) and not _FILE.match(text)


def _writing(project: Project) -> tuple[str, ...]:
    """The routes that change something and reach a commit."""
    names: list[str] = []
    for function in project.functions:
        if not any(function.module.says(word) for word in _COMMITS) or is_elsewhere(function.module.path):
            continue
        ends = any(
            isinstance(site.node, Call)
            and isinstance(site.node.func, Attr)
            and site.node.func.attr in _COMMITS
            for site in function.calls
        )
        reach = project.calls.reach(function) if ends else None
        if reach is not None:
            names += [
                name for name in route_names(reach) if name.partition(" ")[0] not in _SAFE and "/" in name
            ]
    return tuple(dict.fromkeys(names))


def _told(
    scope: Scope, call: Call, module: Module, owner: str, confidence: Confidence, routes: tuple[str, ...]
) -> Finding:
    how = (
        "connections to SQLite are set up here, and nothing sets their `journal_mode`"
        if isinstance(scope, FunctionInfo) and dotted(call.func).endswith("execute")
        else "the engine is one of SQLite, and nothing sets the `journal_mode` of its connections"
    )
    return make(
        problem="sqlite-rollback-journal",
        domain="database",
        severity="low",
        confidence=confidence,
        message="each commit to SQLite writes a rollback journal, and readers wait for it: nothing asks for a write-ahead log",
        module=module,
        owner=owner,
        node=call,
        code="journal_mode",
        routes=routes,
        evidence=(
            SourceEvidence(
                text=f"{how}, so its default of a rollback journal stays",
                locations=(module.location(call, owner),),
            ),
        ),
        impact=IMPACT,
        fix_class="decide",
    )
