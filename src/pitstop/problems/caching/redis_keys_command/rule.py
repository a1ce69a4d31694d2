"""Redis commands on the way of a request that walk over all keys, and reads sent one by one in a loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Impact, Severity, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Attr, Call, Name
from pitstop.project.loops import is_search, open_loop

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site

_CLASSES = {"Redis", "RedisCluster", "StrictRedis", "StrictRedisCluster"}
_READS = {"exists", "get", "hget", "hgetall", "hmget", "smembers", "ttl"}
_WALKS = {"keys", "scan_iter"}
BLOCKED = Impact(text="no request waits while the server looks through all keys")
BATCHED = Impact(
    text="one round trip instead of one for each turn",
    expected=(17.0, 17.0),
    source="20 GETs against one MGET: pitstop's own measurement",
)


def find(project: Project) -> list[Finding]:
    """One finding for each such command."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    for function in project.functions:
        sites = [
            site
            for site in function.calls
            if isinstance(site.node, Call)
            and isinstance(site.node.func, Attr)
            and (site.node.func.attr in _WALKS or (site.loops and site.node.func.attr in _READS))
        ]
        for site in sites:
            reach = project.calls.reach(function, site)
            if reach is None:
                continue
            assert isinstance(site.node, Call)
            assert isinstance(site.node.func, Attr)
            if not _is_redis(project, site.node, function):
                continue
            method = site.node.func.attr
            if method == "keys":
                yield _finding(function, site, reach, "certain", "high", "looks through all keys with `KEYS`, and every other client waits meanwhile", BLOCKED)  # fmt: skip
            elif method == "scan_iter":
                yield _finding(function, site, reach, "possible", "medium", "walks over all keys with `SCAN`, however many there are", BLOCKED)  # fmt: skip
            elif (loop := open_loop(project.types, function, site)) is not None and not is_search(loop):
                yield _finding(function, site, reach, "likely", "medium", f"sends `{method.upper()}` once for each turn of a loop", BATCHED)  # fmt: skip


def _is_redis(project: Project, call: Call, function: FunctionInfo) -> bool:
    """Whether a method of a Redis client is called; not of a pipeline, which sends its commands together."""
    assert isinstance(call.func, Attr)
    if isinstance(call.func.value, Name) and call.func.value.id in {"pipe", "pipeline"}:
        return False
    owner = project.types.type_of(call.func.value, function)
    names = {owner.name, *project.types.external_bases(owner.name)}
    return any(
        name.startswith("redis.")
        and (
            name.rpartition(".")[2] in _CLASSES
            or name.removesuffix("()").endswith((".from_url", "StrictRedis"))
        )
        for name in names
    )


def _finding(
    function: FunctionInfo,
    site: Site,
    reach: Reach,
    sure: Confidence,
    weight: Severity,
    what: str,
    impact: Impact,
) -> Finding:
    confidence, severity, why = weigh(reach, (Step(function, site),), sure, weight)
    message = f"`{function.name}` {what}"
    return make(
        problem="redis-keys-command",
        domain="caching",
        severity=severity,
        confidence=confidence,
        message=message,
        module=function.module,
        owner=function.qualname,
        node=site.node,
        routes=route_names(reach),
        call_path=path_of(reach),
        evidence=(
            SourceEvidence(
                text=message + (f"; but {why}" if why else ""), locations=(function.at(site.node),)
            ),
        ),
        impact=impact,
        fix_class="proved",
    )
