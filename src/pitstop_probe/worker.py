"""A thread of the probe's own that ends when it has had nothing to do for a while: who forks should not have one for nothing."""

from __future__ import annotations

import _thread
from collections.abc import Callable

LINGER_SECONDS = 1.0
"""How long it waits for more to do before it ends."""


class Worker:
    """Starts the thread where it is not there, wakes it where it waits. `awake` says that neither is needed."""

    __slots__ = ("_run", "_running", "_turn", "_wake", "awake")

    def __init__(self, run: Callable[[], None]) -> None:
        self.awake = False
        self._run = run
        self._running = False
        self._turn = _thread.allocate_lock()
        self._wake = _thread.allocate_lock()
        self._wake.acquire()

    def rouse(self) -> None:
        """Have the thread look for work. Never blocks: where two do it at once, one is enough."""
        if not self._turn.acquire(False):
            return
        try:
            if self.awake:
                return
            self.awake = True
            if self._running:
                self._wake.release()
            else:
                self._running = True
                _thread.start_new_thread(self._run, ())
        except RuntimeError:  # no thread can be started: the interpreter is on its way out
            self.awake = self._running = False
        finally:
            self._turn.release()

    def doze(self, busy: Callable[[], object]) -> bool:
        """Wait for work, called by the thread; False where it has to end. `busy` tells whether there is some already."""
        self.awake = False
        if busy():  # what came before `awake` was taken back has woken nobody
            self.rouse()
        if self._wake.acquire(True, LINGER_SECONDS):
            return True
        with self._turn:
            if self.awake:
                return self._wake.acquire()
            self._running = False
            return False
