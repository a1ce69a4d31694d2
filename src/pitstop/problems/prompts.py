"""Calls to language models by the place that sends them, for the problems that are about how many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from pitstop.data import TraceEvidence
from pitstop.problems.exchanges import Request, requests

if TYPE_CHECKING:
    from pitstop.traces.records import Frame, OutboundCall
    from pitstop.traces.store import Traces


@dataclass
class Asked:
    """The calls that requests of one route sent to language models from one place."""

    route: str
    frames: tuple[Frame, ...]
    requests: list[tuple[Request, tuple[OutboundCall, ...]]] = field(default_factory=list)

    @property
    def worst(self) -> tuple[OutboundCall, ...]:
        """The calls of the request that sent most."""
        return max((calls for _, calls in self.requests), key=len)

    @property
    def most(self) -> int:
        """How many calls one request sent at most."""
        return len(self.worst)

    @property
    def tokens(self) -> int | None:
        """The tokens that the worst request sent, where each of its answers told them."""
        return tokens_of(self.worst)

    def evidence(self, what: str) -> TraceEvidence:
        """What was measured; `what` says what the calls were for."""
        milliseconds = max(sum(call.duration_ns for call in calls) for _, calls in self.requests) / 1e6
        tokens = f", {self.tokens:,} tokens sent" if self.tokens is not None else ""
        figures = {
            "calls": float(self.most),
            "requests": float(len(self.requests)),
            "duration_ms": round(milliseconds, 3),
        }
        if self.tokens is not None:
            figures["input_tokens"] = float(self.tokens)
        text = f"{self.most} {what} in one request of {self.route}: {milliseconds:.0f} ms{tokens}"
        return TraceEvidence(text=text, figures=figures, route=self.route)


def repeated(traces: Traces, wanted: Callable[[OutboundCall], bool], least: int) -> list[Asked]:
    """The places from which one request sent at least so many of the calls that are wanted, the one with most first."""
    found: dict[tuple[str, tuple[Frame, ...]], Asked] = {}
    for request, frames, calls in by_place(traces):
        chosen = tuple(call for call in calls if wanted(call))
        if len(chosen) >= least:
            route = request.exchange.endpoint
            found.setdefault((route, frames), Asked(route, frames)).requests.append((request, chosen))
    return sorted(found.values(), key=lambda asked: -asked.most)


def by_place(traces: Traces) -> Iterator[tuple[Request, tuple[Frame, ...], tuple[OutboundCall, ...]]]:
    """The calls to language models of each request, in order, by where they stand."""
    for request in requests(traces):
        placed: dict[tuple[Frame, ...], list[OutboundCall]] = defaultdict(list)
        for call in request.exchange.calls:
            if call.llm is not None:
                placed[request.frames(call.stack)].append(call)
        for frames, calls in placed.items():
            if frames:
                yield request, frames, tuple(sorted(calls, key=lambda call: call.start_ns))


def is_embedding(call: OutboundCall) -> bool:
    """Whether a call asks for embeddings."""
    return call.llm is not None and call.url.rstrip("/").endswith("/embeddings")


def one_after_another(calls: tuple[OutboundCall, ...]) -> bool:
    """Whether each began when the one before had ended."""
    return all(after.start_ns >= before.start_ns + before.duration_ns for before, after in pairwise(calls))


def tokens_of(calls: tuple[OutboundCall, ...]) -> int | None:
    """The tokens sent with calls; None where an answer did not tell them, as those of errors and streams do not."""
    counts = [call.llm.input_tokens for call in calls if call.llm is not None]
    return sum(count for count in counts if count is not None) if None not in counts else None
