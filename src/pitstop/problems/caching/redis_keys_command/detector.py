"""`KEYS` and walks over all keys that requests sent, and reads of many keys one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pitstop.data import Finding
from pitstop.problems.caching.redis_keys_command.rule import BATCHED, BLOCKED, find
from pitstop.problems.exchanges import site_of
from pitstop.problems.findings import make
from pitstop.problems.measured import Group, confirmed, covers
from pitstop.problems.timelines import Span, at_once, timelines

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site
    from pitstop.traces.records import Frame
    from pitstop.traces.store import Traces

_KEYS = "KEYS"
_WALKS = frozenset({_KEYS, "SCAN"})
_READS = frozenset({"EXISTS", "GET", "HGET", "HGETALL", "HMGET", "SMEMBERS", "TTL"})
_SEVERAL = 3
"""Reads of a loop that the source shows."""
_MANY = 5
"""Reads that only the run shows to be of unlike keys, one after the other."""
_SAID = "{{route}} sent `{}` {{count}} times here {{within}} ({{ms}} ms)"


@dataclass
class _Sent:
    """The commands of one kind that requests of one route sent from one place."""

    operation: str
    group: Group
    names: set[str] = field(default_factory=set)
    in_turn: int = 0
    """How many unlike ones a request sent one after the other, at most."""

    def note(self, spans: list[Span]) -> None:
        """Add what one request sent."""
        self.group.counts.append(len(spans))
        self.group.nanoseconds.append(sum(span.end - span.start for span in spans))
        self.names |= {span.text for span in spans}
        if at_once(spans) == 1:
            self.in_turn = max(self.in_turn, len({span.values for span in spans}))

    def told(self, finding: Finding) -> Iterator[Finding]:
        """The finding with what was sent. Only of `KEYS` it is certain that something else would do."""
        said = _SAID.format(next(iter(self.names)) if len(self.names) == 1 else self.operation)
        yield from confirmed(finding, (self.group,), "commands", said, is_sure=self.operation == _KEYS)


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """The findings whose commands were sent, and such commands that reading the code did not show."""
    sent = _sent(traces)
    told: set[int] = set()
    for finding in find(project):
        places = (finding.location, *finding.places)
        for each in sent:
            if any(covers(place, each.group.frames) for place in places):
                told.add(id(each))
                if each.operation in _WALKS or each.group.most >= _SEVERAL:
                    yield from each.told(finding)
    for each in sent:
        walks = each.operation == _KEYS
        if id(each) not in told and (walks or (each.operation in _READS and each.in_turn >= _MANY)):
            place = site_of(project, each.group.frames, in_loop=not walks)
            if place is not None:
                yield from _unread(each, *place)


def _sent(traces: Traces) -> list[_Sent]:
    found: dict[tuple[str, tuple[Frame, ...], str], _Sent] = {}
    for timeline in timelines(traces, "count(*) FILTER (\"db.system.name\" = 'redis') > 0"):
        by_place: dict[tuple[tuple[Frame, ...], str], list[Span]] = {}
        for span in timeline.spans:
            if span.kind == "command" and span.operation in _WALKS | _READS:
                by_place.setdefault((span.frames, span.operation), []).append(span)
        for (frames, operation), spans in by_place.items():
            group = Group(timeline.route, frames)
            found.setdefault((timeline.route, frames, operation), _Sent(operation, group)).note(spans)
    return list(found.values())


def _unread(sent: _Sent, function: FunctionInfo, site: Site) -> Iterator[Finding]:
    """A finding that reading the code did not give."""
    walks = sent.operation == _KEYS
    what = (
        "looks through all keys with `KEYS`, and every other client waits meanwhile"
        if walks
        else f"sends `{sent.operation}` once for each turn of a loop"
    )
    finding = make(
        problem="redis-keys-command",
        domain="caching",
        severity="high" if walks else "medium",
        confidence="certain",
        message=f"`{function.name}` {what}",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        routes=(sent.group.route,),
        impact=BLOCKED if walks else BATCHED,
        fix_class="proved",
    )
    yield from sent.told(finding)
