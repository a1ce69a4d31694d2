"""The same requests in two runs: which of them were answered alike, so that their figures can be set side by side."""

from __future__ import annotations

from collections import defaultdict, deque

import msgspec

from pitstop.measures import Growth
from pitstop.traces.bodies import Body
from pitstop.traces.records import Exchange, Run
from pitstop.traces.store import Traces
from pitstop.traces.summary import summarise


def alike(one: Run, other: Run) -> tuple[Run, Run, int]:
    """Both runs with only the requests that both answered with the same status, and how many had another one.

    A request that found nothing in one run and its row in the other did two kinds of work: its figures say nothing of how
    the work of either kind grows. Of requests that were sent several times the first is set beside the first, and so on.
    """
    waiting: dict[tuple[str, str, str, Body], deque[int]] = defaultdict(deque)
    for position, exchange in enumerate(one.exchanges):
        waiting[_sent(exchange)].append(position)
    mine: list[int] = []
    theirs: list[int] = []
    otherwise = 0
    for position, exchange in enumerate(other.exchanges):
        places = waiting.get(_sent(exchange))
        if not places:
            continue
        beside = places.popleft()
        if one.exchanges[beside].status == exchange.status:
            mine.append(beside)
            theirs.append(position)
        else:
            otherwise += 1
    return _only(one, sorted(mine)), _only(other, theirs), otherwise


def _sent(exchange: Exchange) -> tuple[str, str, str, Body]:
    return exchange.method, exchange.path, exchange.query, exchange.request_body


def _only(run: Run, positions: list[int]) -> Run:
    return msgspec.structs.replace(
        run,
        exchanges=tuple(run.exchanges[position] for position in positions),
        owners={new: run.owners[old] for new, old in enumerate(positions) if old in run.owners},
    )


def growth(large: Run, small: Run, sizes: tuple[int, int]) -> Growth:
    """The figures of what both sizes answered alike."""
    fewer, more, otherwise = alike(small, large)
    with Traces.load(fewer) as one, Traces.load(more) as other:
        return Growth(
            small=sizes[0],
            large=sizes[1],
            routes=summarise(one),
            larger=summarise(other),
            otherwise=otherwise,
        )
