"""What a report must say of a run that was not whole."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pitstop.errors import TargetError
from pitstop.traces.records import Exchange, Refused, Run, Sample
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


def test_a_service_that_answers_nothing_for_want_of_a_database() -> None:
    with pytest.raises(TargetError, match="wants the database postgresql://"):
        require_answers(Run(refused=(*NETWORK, DATABASE)), given=False)
    with pytest.raises(TargetError, match="asked nothing"):
        require_answers(Run(refused=NETWORK), given=False)
    require_answers(
        Run(refused=(DATABASE,), exchanges=(Exchange(key="a#1", method="GET", path="/"),)), given=False
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
