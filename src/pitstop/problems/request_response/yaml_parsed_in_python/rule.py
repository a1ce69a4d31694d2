"""PyYAML's loaders in Python on the way of a request, where the ones in C do the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, Severity, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Reach, Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Attr, Call, Name
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site

_ALWAYS = {"yaml.safe_load", "yaml.safe_load_all", "yaml.full_load", "yaml.full_load_all"}
_BY_LOADER = {"yaml.load", "yaml.load_all"}
_IN_PYTHON = {"SafeLoader", "FullLoader", "Loader", "BaseLoader", "UnsafeLoader"}
_MANY = 5
_IMPACT = Impact(
    text="the same document read by libyaml",
    expected=(6.7, 8.2),
    source="yaml.safe_load against CSafeLoader on 50 bytes and on 10 KB: 0.20 against 0.03 ms, 75 against 9 ms of CPU; PyYAML 6;"
    " pitstop's own measurement",
)


def find(project: Project) -> list[Finding]:
    """One finding for each place that reads YAML for a request with a loader in Python."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    telling = {path for path, module in project.index.by_path.items() if module.says("yaml")}
    for function in project.functions:
        if function.module.path not in telling:
            continue
        sites = [site for site in function.calls if _is_slow(project, site, function)]
        for site in sites:
            reach = project.calls.reach(function, site)
            if reach is None or any(is_memoised(f) for f in (function, *(s.function for s in reach.path))):
                continue
            yield _finding(function, site, reach)


def _is_slow(project: Project, site: Site, function: FunctionInfo) -> bool:
    call = site.node
    assert isinstance(call, Call)
    last = call.func.attr if isinstance(call.func, Attr) else getattr(call.func, "id", "")
    if "load" not in last or site.in_lambda:
        return False
    name = project.calls.external_name(call, function)
    if name in _ALWAYS:
        return True
    loader = call.argument(1, "Loader")
    if name not in _BY_LOADER or loader is None:
        return False
    if isinstance(loader, Name):
        # `try: from yaml import CSafeLoader as SafeLoader`, with the other one after `except ImportError`.
        bound = function.bindings.get(loader.id) or function.module.bindings.get(loader.id, [])
        targets = {b.target.rpartition(".")[2] for b in bound}
        return bool(targets) and targets <= _IN_PYTHON
    found = project.types.type_of(loader, function)
    return found.name.startswith("yaml.") and found.name.rpartition(".")[2] in _IN_PYTHON


def _finding(function: FunctionInfo, site: Site, reach: Reach) -> Finding:
    routes = route_names(reach)
    severity: Severity = "medium" if site.loops or len(routes) >= _MANY else "low"
    confidence, severity, why = weigh(reach, (Step(function, site),), "possible", severity)
    return make(
        problem="yaml-parsed-in-python",
        domain="request-response",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` reads YAML with the loader written in Python while a request waits; the one in C is seven times as fast",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        routes=routes,
        call_path=path_of(reach),
        evidence=(
            SourceEvidence(
                text=f"PyYAML has the same loader in C (`{_in_c(site)}`)" + (f"; but {why}" if why else ""),
                locations=(function.at(site.node),),
            ),
        ),
        impact=_IMPACT,
        fix_class="proved",
    )


def _in_c(site: Site) -> str:
    """The loader of libyaml that does what the call does."""
    call = site.node
    assert isinstance(call, Call)
    given = call.argument(1, "Loader")
    name = given.attr if isinstance(given, Attr) else given.id if isinstance(given, Name) else ""
    method = call.func.attr if isinstance(call.func, Attr) else ""
    return f"C{name or ('FullLoader' if method.startswith('full') else 'SafeLoader')}"
