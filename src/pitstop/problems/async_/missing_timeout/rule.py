"""Calls to other servers whose library waits for ever unless told otherwise, or that are told to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Severity, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Attr, Call, Const, Expr, Name
from pitstop.project.jobs import UNAWAITED, UNSEEN

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site

_METHODS = {"get", "post", "put", "patch", "delete", "head", "options", "request"}
_ENDLESS = {
    **{f"requests.{name}": 99 for name in _METHODS},
    **{f"requests.{home}.{name}": 99 for home in ("Session", "session()", "api") for name in _METHODS},
    "requests.Session.request": 8,
    "requests.Session.send": 99,
    "urllib.request.urlopen": 2,
    "smtplib.SMTP": 3,
    "smtplib.SMTP_SSL": 3,
    "ftplib.FTP": 4,
}
"""Calls without a timeout of their own, and the position at which they take one.

Sources: the documentation of requests ("requests do not time out unless a timeout value is set explicitly"), and of
urllib, smtplib and ftplib (the global default timeout, which is none).
"""
_CONNECTING = {"ftplib.FTP", "smtplib.SMTP", "smtplib.SMTP_SSL"}
_SOCKETS = ("urllib.", "smtplib.", "ftplib.")
_TOLD = {
    "httpx.AsyncClient", "httpx.Client", "httpx.Timeout", "aiohttp.ClientTimeout",
    *(f"{home}.{name}" for home in ("httpx", "httpx.AsyncClient", "httpx.Client") for name in _METHODS),
}  # fmt: skip
"""Calls that have a timeout unless they are told to have none: 5 seconds in httpx, 5 minutes in aiohttp."""
_ELSEWHERE = {"benchmark", "benchmarks", "ci", "cli", "command", "commands", "conftest", "dev", "examples", "hatch", "migrations", "script", "scripts"} | {
    "setup", "test", "tests", "tools",
}  # fmt: skip
_HINTS = ("requests", "urlopen", "smtplib", "ftplib", "httpx", "aiohttp")
_DEFAULTED = re.compile(r"partial\([^)]*\.request\b|mount\([^)]*imeout|class \w*imeout\w*\([^)]*HTTPAdapter")
"""Ways to give a session a default timeout: a partial `request`, an adapter named for it."""


def find(project: Project) -> list[Finding]:
    """One finding for each library and file; further calls are its places."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    texts = {module.path: module.source.text for module in project.index.by_path.values()}
    concerned = {path for path, text in texts.items() if any(hint in text for hint in _HINTS)}
    sockets_limited = any("setdefaulttimeout(" in texts[path] for path in concerned)
    sessions_limited = any(_DEFAULTED.search(texts[path]) for path in concerned)
    served = _served(project)
    for function in project.functions:
        path = function.module.path
        if path not in concerned:
            continue
        for site in function.calls:
            name = _waits_for_ever(project, function, site)
            if not name or (sockets_limited and name.startswith(_SOCKETS)):
                continue
            if sessions_limited and name.startswith(("requests.Session", "requests.session")):
                continue
            if project.calls.reach(function, site) is None and _top(path) not in served:
                continue
            finding = _finding(project, function, site, name)
            if finding is not None:
                yield finding


def _served(project: Project) -> set[str]:
    """The top folders that requests lead into, and those that they import from: what else the repository holds is no service."""
    found = {
        _top(function.module.path)
        for function in project.functions
        if project.calls.reach(function) is not None
    }
    reached = frozenset(found)
    paths = project.index.by_path
    homes = {module.name: _top(path) for path, module in paths.items()}
    for path, module in paths.items():
        if _top(path) not in reached:
            continue
        folder = path.rpartition("/")[0]
        for target in {b.target for known in module.bindings.values() for b in known if b.how == "import"}:
            near = f"{folder}/{target.partition('.')[0]}"
            if f"{near}.py" in paths or f"{near}/__init__.py" in paths:
                continue
            found |= {homes[name] for name in (target, target.rpartition(".")[0]) if name in homes}
    return found


def _top(path: str) -> str:
    return path.partition("/")[0] if "/" in path else ""


def _waits_for_ever(project: Project, function: FunctionInfo, site: Site) -> str:
    """The name of what waits for ever at a call, there or handed to a thread; empty where a limit is given."""
    call = site.node
    assert isinstance(call, Call)
    given = call.keyword("timeout")
    if any(k.name is None for k in call.keywords):
        return ""
    if _is_none(given):
        name = project.calls.external_name(call, function)
        return name if name in _TOLD or name in _ENDLESS else ""
    if given is not None:
        return ""
    name = project.calls.external_name(call, function)
    if name in _CONNECTING and not call.args and call.keyword("host") is None:
        # Without a host it connects to nobody yet; `connect` takes a timeout of its own.
        return ""
    if name in _ENDLESS:
        return name if len(call.args) <= _ENDLESS[name] and not _is_unpacked(call) else ""
    if name == "aiohttp.ClientTimeout":
        limited = any(not _is_none(k.value) for k in call.keywords) or call.args
        return "" if limited or _is_none(call.keyword("total")) is False else name
    if name == "httpx.Timeout":
        return name if len(call.args) == 1 and not call.keywords and _is_none(call.args[0]) else ""
    if call.args and (site.awaited or "submit" in name):
        return _handed_on(project, function, call)
    return ""


def _handed_on(project: Project, function: FunctionInfo, call: Call) -> str:
    """`to_thread(requests.get, url)`: a function that waits for ever, handed on to be called without a limit."""
    for argument in call.args[:2]:
        if isinstance(argument, (Name, Attr)):
            found = project.types.type_of(argument, function)
            if found.kind == "external" and _ENDLESS.get(found.name, 0) == 99:
                return found.name
    return ""


def _is_none(expr: Expr | None) -> bool:
    return isinstance(expr, Const) and expr.kind == "NoneType"


def _is_unpacked(call: Call) -> bool:
    return any(type(argument).__name__ == "Star" for argument in call.args)


def _finding(project: Project, function: FunctionInfo, site: Site, name: str) -> Finding | None:
    assert isinstance(site.node, Call)
    reach = project.jobs.runs(function, site)
    if reach is None and project.jobs.runs(function) is not None:
        # What its callers pass excludes it.
        return None
    if reach is None and _words(function.module.path) & _ELSEWHERE:
        return None
    told = name not in _ENDLESS
    library = name.partition(".")[0]
    holder = "its event loop" if function.is_async and not site.awaited else "its thread"
    # What no request and no job is seen to run may run nowhere.
    confidence: Confidence = "possible"
    severity: Severity = "low"
    why = "no route was found to lead there"
    if reach is not None and reach.doubt == UNAWAITED:
        holder, why = "the job", ""
        confidence = "possible" if told else "likely"
    elif reach is not None and reach.doubt != UNSEEN:
        in_place = project.calls.external_name(site.node, function) == name
        on_loop = reach.context == "loop" and in_place and _is_called(project, reach, function)
        holder = "the event loop" if on_loop and not told else "the request"
        severity = "low" if told else "high" if on_loop else "medium"
        # An error path is as endless as any other, and so is what administrators call.
        _, severity, why = weigh(reach, (Step(function, site),), confidence, severity)
        confidence = "possible" if told or reach.doubt else "likely" if why else "certain"
    what = "is told to wait without limit" if told else "has no timeout"
    reason = "told to wait for ever" if told else f"{library} waits for ever unless it is told a timeout"
    return make(
        problem="missing-timeout",
        domain="async",
        severity=severity,
        confidence=confidence,
        message=f"`{name}` in `{function.name}` {what}: a server that never answers holds {holder} for ever",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        # Away from the routes one default for the library serves them all.
        identity=(
            function.module.name if reach is not None else "",
            f"{library} {'told' if told else 'without'}",
        ),
        routes=route_names(reach) if reach is not None else (),
        call_path=path_of(reach, (Step(function, site),)) if reach is not None else (),
        evidence=(
            SourceEvidence(text=reason + (f"; {why}" if why else ""), locations=(function.at(site.node),)),
        ),
        fix_class="decide",
    )


def _is_called(project: Project, reach: Reach, function: FunctionInfo) -> bool:
    """Whether plain calls lead there: what is only mentioned on the way may run in a thread."""
    following = [*(step.function for step in reach.path[1:]), function]
    return all(
        isinstance(step.site.node, Call) and after in project.calls.targets(step.site.node, step.function)
        for step, after in zip(reach.path, following, strict=False)
    )


def _words(path: str) -> set[str]:
    return set(re.split(r"[^a-z0-9]+", path.lower()))
