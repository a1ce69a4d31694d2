"""Retries on the way of a request that only success ends: decorators without a limit, `while True` with a `try`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Severity, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.doubt import weigh
from pitstop.project.facts import Attr, Call, Const, Expr, Name, Other, Raise, Return, Try, While, Yield
from pitstop.project.sites import walk

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach
    from pitstop.project.model import FunctionInfo

_LIMITS = {
    "tenacity.retry": {"stop"},
    "tenacity.Retrying": {"stop"},
    "tenacity.AsyncRetrying": {"stop"},
    "backoff.on_exception": {"max_tries", "max_time", "giveup"},
    "retry.retry": {"tries"},
    "retry.api.retry": {"tries"},
}
"""Retries, and the arguments that end them. Sources: tenacity/__init__.py (`stop=stop_never`), backoff/_decorator.py
(`max_tries=None, max_time=None`), retry/api.py (`tries=-1`)."""
_BARE = {"tenacity.retry"}
_POSITIONAL = {"backoff.on_exception": 2, "retry.retry": 1, "retry.api.retry": 1}
"""How many arguments may be given by position before one of them may be a limit."""
_AROUND = re.compile(r"wait_for\(|\btimeout\(|timeout_at\(|fail_after\(|move_on_after\(|retry_with\(")
_COUNTS = re.compile(
    r"attempt|tries|retries|deadline|elapsed|monotonic|time\.time|perf_counter|max_|count|timeout|limit|\+=|-=",
    re.IGNORECASE,
)
"""What tells of an end in a loop."""
_ENDLESS = re.compile(r"\bwhile (?:True|1)\b")
_SLEEPS = {"asyncio.sleep", "time.sleep", "anyio.sleep", "trio.sleep"}


def find(project: Project) -> list[Finding]:
    """One finding for each function that tries without end, or whose loop does."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    texts = {path: module.source.text for path, module in project.index.by_path.items()}
    using = {
        path for path, text in texts.items() if any(word in text for word in ("retry", "Retrying", "backoff"))
    }
    looping = {path for path, text in texts.items() if "sleep(" in text and _ENDLESS.search(text)}
    for function in project.functions:
        path = function.module.path
        found: list[tuple[Expr | While, str]] = []
        if path in using:
            found += _declared(project, function)
        if path in looping:
            found += [(loop, "while True") for loop in _loops(project, function)]
        reach = project.calls.reach(function) if found else None
        if reach is None or all(route.kind != "route" for route in reach.routes):
            continue
        around = (function, *(step.function for step in reach.path))
        if any(_AROUND.search(f.module.text(f.node)) for f in around):
            continue
        if f"{function.name}.retry" in texts[path]:
            # `name.retry.stop = ...` and `name.retry_with(stop=...)` give it a limit elsewhere.
            continue
        for node, name in found:
            yield _finding(function, node, reach, name)


def _declared(project: Project, function: FunctionInfo) -> Iterator[tuple[Expr, str]]:
    """The decorators and retrying objects of a function that no argument ends."""
    home = function.parent or function.module
    for decorator in function.node.decorators:
        target = decorator.func if isinstance(decorator, Call) else decorator
        last = _last(target)
        if "retry" not in last and last != "on_exception":
            continue
        name = project.types.type_of(target, home).name
        if (isinstance(decorator, Call) and name in _LIMITS and not _is_limited(decorator, name)) or (
            not isinstance(decorator, Call) and name in _BARE
        ):
            yield decorator, name
    for site in function.calls if function.module.says("Retrying(") else ():
        assert isinstance(site.node, Call)
        if not _last(site.node.func).endswith("Retrying"):
            continue
        name = project.calls.external_name(site.node, function)
        if name in _LIMITS and not _is_limited(site.node, name):
            yield site.node, name


def _is_limited(call: Call, name: str) -> bool:
    given = {k.name for k in call.keywords}
    return None in given or bool(given & _LIMITS[name]) or len(call.args) > _POSITIONAL.get(name, 0)


def _loops(project: Project, function: FunctionInfo) -> Iterator[While]:
    """Loops that run until a `try` in them succeeds: each handler goes on, and nothing counts."""
    for loop in function.statements:
        if not (isinstance(loop, While) and isinstance(loop.test, Const) and loop.test.value):
            continue
        inside = list(walk(loop.body))
        tries = [s for s in loop.body if isinstance(s, Try) and s.handlers]
        if len(tries) != 1 or _COUNTS.search(function.module.text(loop)):
            continue
        handled = [s for handler in tries[0].handlers for s in walk(handler.body)]
        if any(_leaves(s) for s in handled) or not any(
            _leaves(s) for s in (*walk(tries[0].body), *walk(tries[0].orelse))
        ):
            continue
        if any(isinstance(s, While) for s in inside):
            continue
        sites = [site for site in function.sites if loop in site.loops]
        if any(isinstance(site.node, Yield) for site in sites):
            continue
        names = {
            project.calls.external_name(s.node, function)
            for s in sites
            if isinstance(s.node, Call) and s.rescue
        }
        if names & _SLEEPS:
            yield loop


def _last(expr: Expr) -> str:
    return expr.attr if isinstance(expr, Attr) else expr.id if isinstance(expr, Name) else ""


def _leaves(statement: object) -> bool:
    return isinstance(statement, Return | Raise) or (
        isinstance(statement, Other) and statement.kind == "Break"
    )


def _finding(function: FunctionInfo, node: Expr | While, reach: Reach, name: str) -> Finding:
    holds = "the event loop"
    if reach.context == "thread":
        holds = "one of the 40 threads"
    elif function.is_async:
        holds = "its connection"
    confidence: Confidence = "likely"
    severity: Severity = "high"
    confidence, severity, why = weigh(reach, (), confidence, severity)
    what = "`while True`" if isinstance(node, While) else f"`{name.rpartition('.')[2]}` without a limit"
    waits = isinstance(node, While) or (isinstance(node, Call) and node.keyword("wait") is not None)
    waits = waits or not name.startswith("tenacity")
    pause = "" if waits else ", without a pause"
    return make(
        problem="retry-without-limit",
        domain="errors",
        severity=severity,
        confidence=confidence,
        message=(
            f"`{function.name}` tries again for ever{pause} ({what}): while what it calls fails, "
            f"each request that comes here waits and holds {holds}"
        ),
        module=function.module,
        owner=function.qualname,
        node=node,
        code=name,
        routes=route_names(reach),
        call_path=path_of(reach),
        evidence=(
            SourceEvidence(
                text="only success ends it" + (f"; {why}" if why else ""), locations=(function.at(node),)
            ),
        ),
        fix_class="decide",
    )
