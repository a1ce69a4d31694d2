"""The probe's own threads: they end when there is nothing to do, and come again."""

from __future__ import annotations

import threading
from collections import deque

import pytest

from pitstop_probe import worker as worker_module
from pitstop_probe.worker import Worker


class Postman:
    """Takes what is put, on a thread of a worker's."""

    def __init__(self) -> None:
        self.pending: deque[int] = deque()
        self.taken: list[int] = []
        self.threads: list[int] = []
        self.all = threading.Event()
        self.wanted = 0
        self.ended = threading.Event()
        self.worker = Worker(self.run)

    def run(self) -> None:
        self.threads.append(threading.get_ident())
        while True:
            while self.pending:
                self.taken.append(self.pending.popleft())
            if len(self.taken) == self.wanted:
                self.all.set()
            if not self.worker.doze(lambda: self.pending):
                break
        self.ended.set()

    def put(self, number: int) -> None:
        self.pending.append(number)
        if not self.worker.awake:
            self.worker.rouse()


def test_nothing_is_left_behind_however_puts_and_naps_fall_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "LINGER_SECONDS", 0.0005)
    postman = Postman()
    postman.wanted = 2_000
    turn = threading.Event()
    for number in range(postman.wanted):
        postman.put(number)
        if number % 50 == 0:
            turn.wait(0.001)  # about as long as the thread stays
    assert postman.all.wait(60)
    assert postman.taken == list(range(postman.wanted))


def test_the_thread_ends_and_another_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "LINGER_SECONDS", 0.01)
    postman = Postman()
    for wanted in (1, 2):
        postman.wanted = wanted
        postman.put(wanted)
        assert postman.ended.wait(60)
        postman.ended.clear()
    assert postman.taken == [1, 2]
    assert len(postman.threads) == 2


def test_where_no_thread_can_start_the_next_try_may(monkeypatch: pytest.MonkeyPatch) -> None:
    postman = Postman()
    postman.wanted = 2

    def fail(*_: object) -> int:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    with monkeypatch.context() as shutdown:
        shutdown.setattr("_thread.start_new_thread", fail)
        postman.put(1)
        assert not postman.worker.awake
    postman.put(2)
    assert postman.all.wait(60)
    assert postman.taken == [1, 2]
