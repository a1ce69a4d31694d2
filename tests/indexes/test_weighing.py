"""Suggested indexes beside an access log."""

from __future__ import annotations

import msgspec

from pitstop.indexes.weighing import weighed
from pitstop.measures import RouteTraffic, Traffic
from pitstop.traces.fingerprint import fingerprint
from pitstop.traces.records import Exchange, Run, Sample, Statement
from pitstop.trials import Advice, IndexAdvice, StatementTrial

BY_USER, BY_NAME, BY_TIME = (
    f"SELECT id FROM orders WHERE {name} = ?" for name in ("user_id", "name", "time")
)


def trial(sql: str, before: float, after: float) -> StatementTrial:
    return StatementTrial(
        statement=fingerprint(sql, "sqlite"), count=1, routes=(), before_ms=before, after_ms=after, before_work=1, after_work=1
    )  # fmt: skip


def index(name: str, *trials: StatementTrial, **more: object) -> IndexAdvice:
    made = IndexAdvice(
        table="orders", columns=(name,), ddl=name, statements=trials, work_unit="steps", size_bytes=1, build_ms=1, saved_ms=9
    )  # fmt: skip
    return msgspec.structs.replace(made, **more)


def sent(path: str, *statements: str, status: int = 200) -> Exchange:
    return Exchange(
        key="replay#1", method="GET", path=path, route=path, status=status,
        statements=tuple(Statement(sql=sql, operation="SELECT") for sql in statements),
    )  # fmt: skip


RUN = Run(
    exchanges=(
        sent("/a", BY_USER, BY_USER, BY_NAME),
        sent("/a", BY_USER, BY_USER),
        sent("/a", status=422),
        sent("/b", BY_TIME),
        sent("/c", BY_NAME),
    ),
    samples=(Sample(sql=BY_USER, database="sqlite", paramstyle="qmark", values=msgspec.Raw(b"[]")),),
)
LOG = Traffic(
    files=("access.log",),
    lines=1,
    requests=1,
    routes=(
        RouteTraffic(route="GET /a", requests=1100, refused=100, share=0.5),
        RouteTraffic(route="GET /b", requests=10, refused=0, share=0.5),
    ),
)


def test_an_index_saves_what_the_requests_of_the_log_would_have_sent() -> None:
    advice = Advice(
        suggested=(
            index("time", trial(BY_TIME, 90, 10)),
            index("name", trial(BY_NAME, 3, 1)),
            index("user", trial(BY_USER, 5, 2), slowed=(trial(BY_NAME, 1, 3),)),
        )
    )
    found = weighed(advice, RUN, LOG).suggested
    # 1,000 requests with 2 statements by user each, and one by name for every second of them
    assert [(each.ddl, each.traffic_ms) for each in found] == [
        ("user", 2000 * 3 - 500 * 2),
        ("name", 500 * 2),
        ("time", 10 * 80),
    ]
    assert [each.saved_ms for each in found] == [9, 9, 9]


def test_what_the_log_does_not_ask_stays_suggested() -> None:
    (found,) = weighed(Advice(suggested=(index("x", trial("SELECT 1", 5, 1)),)), RUN, LOG).suggested
    assert found.traffic_ms == 0


def test_indexes_that_help_only_together_share_what_they_save() -> None:
    (found,) = weighed(
        Advice(suggested=(index("time", trial(BY_TIME, 90, 10), together_with=("other",)),)), RUN, LOG
    ).suggested
    assert found.traffic_ms == 400
