"""What a report must say of a run that was not whole."""

from __future__ import annotations

import pytest

from pitstop.errors import TargetError
from pitstop.traces.records import Exchange, Refused, Run
from pitstop.workload.shortcomings import require_answers, shortcomings

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
