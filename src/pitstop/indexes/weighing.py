"""Suggested indexes, ranked by what they would spare the requests of an access log."""

from __future__ import annotations

from collections import Counter, defaultdict

import msgspec

from pitstop.indexes.parsing import DIALECTS
from pitstop.measures import Traffic
from pitstop.traces.fingerprint import fingerprint
from pitstop.traces.records import Run
from pitstop.trials import Advice, IndexAdvice


def weighed(advice: Advice, run: Run, traffic: Traffic) -> Advice:
    """The advice with `traffic_ms`, by which its suggestions are ranked. What is suggested stays: a log of one day misses much.

    Requests of the log that were not refused are taken to send as many statements as those of the same route in the run.
    """
    times = _expected(run, traffic)

    def spared(index: IndexAdvice) -> float:
        trials = (*index.statements, *index.slowed)
        saved = sum((each.before_ms - each.after_ms) * times.get(each.statement, 0.0) for each in trials)
        return saved / (1 + len(index.together_with))

    suggested = [msgspec.structs.replace(index, traffic_ms=spared(index)) for index in advice.suggested]
    suggested.sort(key=lambda index: -(index.traffic_ms or 0.0))
    return msgspec.structs.replace(advice, suggested=tuple(suggested))


def _expected(run: Run, traffic: Traffic) -> dict[str, float]:
    """By a statement's shape, how often the log's requests would have sent it."""
    asked = traffic.answered()
    requests: Counter[str] = Counter()
    sent: dict[str, Counter[str]] = defaultdict(Counter)
    for exchange in run.exchanges:
        route = exchange.endpoint
        if route in asked and not 400 <= exchange.status < 500:
            requests[route] += 1
            sent[route].update(statement.sql for statement in exchange.statements)
    times: dict[str, float] = defaultdict(float)
    systems = {sample.database for sample in run.samples}
    for dialect in (name for system, name in DIALECTS.items() if system in systems):
        of_dialect: dict[str, float] = defaultdict(float)
        for route, statements in sent.items():
            for sql, count in statements.items():
                of_dialect[fingerprint(sql, dialect)] += count / requests[route] * asked[route]
        for shape, expected in of_dialect.items():
            times[shape] = max(times[shape], expected)
    return times
