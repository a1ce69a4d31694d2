"""What a report must say of a run that was not whole."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pitstop.errors import TargetError
from pitstop.traces.records import Exchange, Frame, Refused, Run, Sample, TestOutcome
from pitstop.workload.shortcomings import require_answers, require_use, shortcomings

NETWORK = tuple(Refused(what="network", address=f"api{number}.example.com") for number in (1, 2, 2, 3, 4, 5))
DATABASE = Refused(what="postgresql", address="postgresql://127.0.0.1:5432/shop")


def test_other_machines_and_databases_are_told_apart() -> None:
    said = list(shortcomings(Run(refused=(*NETWORK, DATABASE))))
    assert [(each.subject, each.reason.partition(";")[0]) for each in said] == [
        (DATABASE.address, "the service tried to connect to it, and it is not a copy"),
        (
            "api1.example.com, api2.example.com, api3.example.com and 2 more",
            "the service tried to reach it",
        ),
    ]


def test_a_mongodb_that_was_refused_is_told_with_the_way_to_one() -> None:
    run = Run(refused=(Refused(what="mongodb", address="mongodb://127.0.0.1:27017/"),))
    (said,) = shortcomings(run)
    assert "--allow-mongodb" in said.reason
    with pytest.raises(TargetError, match=r"wants the database mongodb://127.0.0.1:27017/") as raised:
        require_answers(run, given=False)
    assert "--allow-mongodb HOST:PORT" in raised.value.hint


def test_a_service_that_answers_nothing_for_want_of_a_database() -> None:
    with pytest.raises(TargetError, match="wants the database postgresql://"):
        require_answers(Run(refused=(*NETWORK, DATABASE)), given=False)
    with pytest.raises(TargetError, match="asked nothing"):
        require_answers(Run(refused=NETWORK), given=False)
    require_answers(
        Run(refused=(DATABASE,), exchanges=(Exchange(key="a#1", method="GET", path="/", status=200),)),
        given=False,
    )


def test_tests_that_fail_are_told_with_what_the_first_said() -> None:
    run = Run(
        tests=(
            TestOutcome(id="a", outcome="error", message=""),
            TestOutcome(id="b", outcome="failed", message='database "test" does not exist\n  more'),
            TestOutcome(id="c", outcome="passed"),
        )
    )
    (said,) = shortcomings(run)
    assert said.reason == (
        '2 of 3 tests fail before anything is changed: a, b; the first failure: database "test" does not exist'
    )


def asked(*files: Path) -> Run:
    samples = [
        Sample(database="", file=str(file), sql="SELECT 1", paramstyle="qmark", values=msgspec.Raw(b"[]"))
        for file in files
    ]
    return Run(samples=tuple(samples))


def test_a_service_that_opens_files_of_its_own(tmp_path: Path) -> None:
    given, own = tmp_path / "copy" / "shop.db", tmp_path / "shop.db"
    with pytest.raises(TargetError, match=r"files of its own: shop\.db") as raised:
        require_use(asked(own), f"sqlite:///{given}", tmp_path)
    assert "database-env" in raised.value.hint


def test_a_service_that_opens_what_it_was_given(tmp_path: Path) -> None:
    given, logs = tmp_path / "shop.db", tmp_path / "logs.db"
    require_use(asked(logs, given), f"sqlite:///{given}", tmp_path)
    require_use(asked(logs, given), "sqlite:///shop.db", tmp_path)
    require_use(Run(), f"sqlite:///{given}", tmp_path)
    require_use(asked(logs), None, tmp_path)
    require_use(asked(logs), "postgresql://127.0.0.1/shop", tmp_path)


def answered(*statuses: int, error: str = "builtins.TypeError", stack: int = 1) -> Run:
    return Run(
        exchanges=tuple(
            Exchange(
                key=f"r#{n}", method="GET", path="/", status=status,
                error=error if status in (0, 500) else "", error_stack=stack if status in (0, 500) else 0,
            )
            for n, status in enumerate(statuses)
        ),
        owners=dict.fromkeys(range(len(statuses)), 1),
        stacks={(1, 1): (Frame("app/db.py", 7, "session"),)},
    )  # fmt: skip


def test_a_service_whose_every_answer_is_an_error_was_not_measured() -> None:
    with pytest.raises(
        TargetError, match=r"every request ended .*, 3 in builtins\.TypeError \(app/db\.py:7\)"
    ):
        require_answers(answered(0, 500, 500), given=False)
    with pytest.raises(TargetError, match=r"every request ended in an error of the service$"):
        require_answers(answered(503, 502), given=False)
    require_answers(answered(500, 404), given=False)
    tested = msgspec.structs.replace(answered(500), tests=(TestOutcome(id="t", outcome="passed"),))
    require_answers(tested, given=False)
    assert not list(shortcomings(tested)), "a test may want an error"


def test_most_answers_being_errors_is_said() -> None:
    (said,) = shortcomings(answered(0, 500, 200))
    assert said.subject == "requests"
    assert said.reason.startswith(
        "2 of 3 ended in an error of the service, 2 in builtins.TypeError (app/db.py:7)"
    )
    assert not list(shortcomings(answered(500, 200, 200)))
    assert not list(shortcomings(Run()))
