from __future__ import annotations

from pitstop.traces.bodies import Body
from pitstop.traces.pairs import alike
from pitstop.traces.records import Exchange, Run


def run(*answered: tuple[str, int], owners: tuple[int, ...] = ()) -> Run:
    exchanges = tuple(
        Exchange(key=f"k{number}", method="GET", path=path, status=status)
        for number, (path, status) in enumerate(answered)
    )
    return Run(exchanges=exchanges, owners=dict(enumerate(owners)))


def seen(run: Run) -> list[tuple[str, int]]:
    return [(each.path, each.status) for each in run.exchanges]


def test_what_was_answered_with_another_status_is_in_neither() -> None:
    small, large, otherwise = alike(
        run(("/1", 404), ("/2", 200), ("/3", 404)), run(("/1", 200), ("/2", 200), ("/3", 404))
    )
    assert seen(small) == seen(large) == [("/2", 200), ("/3", 404)]
    assert otherwise == 1


def test_the_same_request_again_is_set_beside_the_same_again() -> None:
    small, large, otherwise = alike(run(("/1", 200), ("/1", 404)), run(("/1", 200), ("/1", 200)))
    assert seen(small) == seen(large) == [("/1", 200)]
    assert otherwise == 1


def test_what_only_one_run_has_is_left() -> None:
    small, large, otherwise = alike(run(("/1", 200), ("/2", 200)), run(("/2", 200), ("/3", 200)))
    assert seen(small) == seen(large) == [("/2", 200)]
    assert otherwise == 0


def test_bodies_tell_requests_apart() -> None:
    def posts(*bodies: tuple[str, int]) -> Run:
        return Run(
            exchanges=tuple(
                Exchange(key=body, method="POST", path="/", request_body=Body(body), status=status)
                for body, status in bodies
            )
        )

    small, large, otherwise = alike(posts(("YQ==", 200), ("Yg==", 400)), posts(("Yg==", 400), ("YQ==", 200)))
    assert {each.request_body.text for each in small.exchanges} == {"YQ==", "Yg=="}
    assert len(large.exchanges) == 2
    assert otherwise == 0


def test_each_exchange_keeps_the_process_it_was_in() -> None:
    small, large, _ = alike(
        run(("/1", 404), ("/2", 200), owners=(10, 11)), run(("/1", 200), ("/2", 200), owners=(20, 21))
    )
    assert (small.owners, large.owners) == ({0: 11}, {0: 21})
