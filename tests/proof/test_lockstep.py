from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from pitstop.proof.lockstep import LockStep, Stop

SIDES = ("before", "after", "control")
STOPS = (Stop(key="t#1", times=5, warm_up=2, rounds=2, at_once=4), Stop(key="t#2", times=3))


class Side:
    """A process as the coordinator sees it: a line on which it reports exchanges and answers."""

    def __init__(self, meeting: LockStep, name: str, log: list[str]) -> None:
        self.name = name
        self.log = log
        self.alone = 0
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._connection.connect(meeting.address(name))
        self._line = self._connection.makefile("rwb")
        self._write({"side": "whatever it says of itself"})

    def _write(self, message: dict[str, Any]) -> None:
        self._line.write(json.dumps(message).encode() + b"\n")
        self._line.flush()

    def exchange(
        self, key: str, cost: int = 100, *, echo: bool = True, status: int = 200, die: bool = False
    ) -> None:
        """Report an exchange, and do as told until let go."""
        self._write({"key": key, "route": "/a", "method": "GET", "status": status, "echo": echo})
        while True:
            answer = json.loads(self._line.readline() or b'{"go": true}')
            if answer.get("go"):
                return
            if die:
                self.close()
                return
            self.log.append(f"{self.name} {key} {answer['times']}x{answer['at_once']}")
            times = [cost] * answer["times"]
            waited = [[cost + number for number in range(answer["at_once"])] for _ in times]
            self._write({"cpu_ns": times, "wall_ns": times, "each_ns": waited})

    def close(self) -> None:
        """Go, as a process that is killed."""
        self._line.close()
        self._connection.close()


Script = Callable[[Side], None]


def meet(
    scripts: dict[str, Script], patience_s: float = 20.0, stops: Sequence[Stop] = STOPS
) -> tuple[LockStep, list[str]]:
    """Run each script as a side of its own, to the end of all."""
    log: list[str] = []
    with LockStep(tuple(scripts), stops, patience_s=patience_s) as meeting:

        def play(name: str, script: Script) -> None:
            side = Side(meeting, name, log)
            try:
                script(side)
            finally:
                side.close()
                meeting.ended(name)

        threads = [threading.Thread(target=play, args=item, daemon=True) for item in scripts.items()]
        for thread in threads:
            thread.start()
        meeting.run()
    for thread in threads:
        thread.join(timeout=20)
        assert not thread.is_alive(), "a side was left waiting"
    return meeting, log


def whole(side: Side) -> None:
    side.exchange("t#0")
    side.exchange("t#1", {"before": 100, "after": 50, "control": 101}[side.name])
    side.exchange("t#2")


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.daemon and threading.active_count() > before:
            thread.join(timeout=5)
    assert threading.active_count() <= before


def test_sides_are_timed_in_turns_at_each_stop() -> None:
    meeting, log = meet(dict.fromkeys(SIDES, whole))
    assert meeting.notes == []
    one, several, second = meeting.echoes
    assert (one.key, one.at_once, several.at_once, second.key) == ("t#1", 1, 4, "t#2")
    assert one.cpu_ns == {"before": (100,) * 5, "after": (50,) * 5, "control": (101,) * 5}
    assert several.wall_ns == {"before": (100,) * 2, "after": (50,) * 2, "control": (101,) * 2}
    assert not any("t#0" in line for line in log)
    warm, rounds = log[:3], log[3 : 3 + 15]
    assert {line.partition(" ")[0] for line in warm} == set(SIDES)
    assert all(line.endswith("2x1") for line in warm)
    orders = [tuple(line.partition(" ")[0] for line in rounds[n : n + 3]) for n in range(0, 15, 3)]
    assert all(set(order) == set(SIDES) for order in orders)
    assert len(set(orders)) > 1, "the order is drawn anew in each round"


def test_a_request_that_one_side_alone_sends_is_passed_by() -> None:
    def more(side: Side) -> None:
        side.exchange("t#0")
        side.exchange("t#2")

    meeting, _ = meet({"before": whole, "after": more, "control": whole})
    assert [each.key for each in meeting.echoes] == ["t#2"]
    assert "different requests" in meeting.notes[0]


@pytest.mark.parametrize("given", [{"echo": False}, {"status": 404}])
def test_what_one_side_cannot_repeat_is_not_timed(given: dict[str, Any]) -> None:
    def other(side: Side) -> None:
        side.exchange("t#1", **given)
        side.exchange("t#2")

    meeting, log = meet({"before": whole, "after": other, "control": whole})
    assert [each.key for each in meeting.echoes] == ["t#2"]
    assert not any("t#1" in line for line in log)
    assert "t#1" in meeting.notes[0]


def test_a_side_that_dies_while_it_is_timed_sets_the_others_free() -> None:
    meeting, _ = meet(
        {"before": whole, "after": lambda side: side.exchange("t#1", die=True), "control": whole}
    )
    assert meeting.echoes == []
    assert "side after ended" in meeting.notes[0]


def test_a_side_that_dies_early_sets_the_others_free() -> None:
    meeting, _ = meet({"before": whole, "after": lambda _: None, "control": whole})
    assert meeting.echoes == []


def test_a_side_that_hangs_sets_the_others_free() -> None:
    free = threading.Event()
    done: list[str] = []

    def waits(side: Side) -> None:
        side.exchange("t#1")
        done.append(side.name)
        free.set()

    def hangs(_: Side) -> None:
        free.wait(20)

    meeting, _ = meet({"before": waits, "after": hangs}, patience_s=0.3)
    assert done == ["before"]
    assert "no side was heard of" in meeting.notes[0]


def test_a_side_that_cannot_repeat_says_nothing_more() -> None:
    """As the probe does when an echo raises: the line stays open, and the process runs on to its end."""

    def breaks(side: Side) -> None:
        side._write({"key": "t#1", "route": "/a", "method": "GET", "status": 200, "echo": True})
        side._line.readline()

    meeting, _ = meet({"before": whole, "after": breaks, "control": whole})
    assert meeting.echoes == []
    assert "t#1" in meeting.notes[0]


@pytest.mark.parametrize(
    "answer", [{"cpu_ns": [], "wall_ns": []}, {"key": "t#9"}, {"cpu_ns": "x", "wall_ns": "y"}]
)
def test_an_answer_that_makes_no_sense_ends_the_timing(answer: dict[str, Any]) -> None:
    def lies(side: Side) -> None:
        side._write({"key": "t#1", "route": "/a", "method": "GET", "status": 200, "echo": True})
        side._line.readline()
        side._write(answer)
        side._line.readline()

    meeting, _ = meet({"before": lies, "after": lies, "control": lies})
    assert meeting.echoes == []
    assert meeting.notes


def test_a_process_that_the_workload_starts_is_let_go() -> None:
    with LockStep(("before", "after"), STOPS, patience_s=20) as meeting:
        log: list[str] = []

        def play(name: str) -> None:
            first = Side(meeting, name, log)
            first.exchange("t#0")
            child = Side(meeting, name, log)
            child.exchange("t#1")
            child.close()
            first.exchange("t#1")
            first.close()
            meeting.ended(name)

        threads = [threading.Thread(target=play, args=(name,), daemon=True) for name in ("before", "after")]
        for thread in threads:
            thread.start()
        meeting.run()
    for thread in threads:
        thread.join(timeout=20)
    assert {each.key for each in meeting.echoes} == {"t#1"}
    assert len(meeting.echoes) == 2
