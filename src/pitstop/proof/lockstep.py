"""Several versions of the app run the same workload at once, and meet at chosen exchanges to be timed in turns.

See ARCHITECTURE.md, "Lock-step". Each side has a socket of its own, so that none can be taken for another. Whatever goes
wrong (a side that dies, hangs, or sends other requests) ends the timing and lets the others run on: nothing waits for ever,
and everything is said in the launch's notes.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import random
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from pitstop.temporary import TemporaryFolder

Message = dict[str, Any]

_LONGEST_ADDRESS = 100
"""Bytes of a socket's path that every system takes (macOS 103, Linux 107)."""


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange to meet at. `times` echoes of each side one at a time, then `rounds` of `at_once` in flight.

    The first `warm_up` echoes of each side are thrown away.
    """

    key: str
    times: int
    warm_up: int = 3
    rounds: int = 0
    at_once: int = 8


class Echoes(msgspec.Struct, frozen=True, kw_only=True):
    """The times of one stop in nanoseconds: by side, the n-th of each side measured right beside each other.

    Of several in flight they are those of a round, divided by `at_once`; `each_ns` has what each request waited for its answer.
    """

    key: str
    at_once: int
    cpu_ns: dict[str, tuple[int, ...]]
    wall_ns: dict[str, tuple[int, ...]]
    each_ns: dict[str, tuple[int, ...]] = {}


class _Event(msgspec.Struct, frozen=True):
    side: str
    line: int
    message: Message | None
    """None when the line was closed, or the side has ended (line 0)."""


class _SideLostError(Exception):
    """A side cannot be timed any more."""


class LockStep:
    """The coordinator of one launch. As a context manager it opens the sockets and closes them.

    Give each side `address(side)` as its `pair`, start them, tell `ended(side)` when a process is over, and `run()`
    until then. `echoes` and `notes` hold what came of it.
    """

    def __init__(
        self, sides: Sequence[str], stops: Sequence[Stop], *, seed: int = 0, patience_s: float = 60.0
    ) -> None:
        self.sides = tuple(sides)
        self.echoes: list[Echoes] = []
        self.notes: list[str] = []
        self._stops = {stop.key: stop for stop in stops}
        self._order = {stop.key: number for number, stop in enumerate(stops)}
        self._random = random.Random(seed)
        self._patience_s = patience_s
        self._events: queue.Queue[_Event] = queue.Queue()
        self._waiting: dict[str, Message] = {}
        self._over: set[str] = set()
        self._mute: set[str] = set()
        self._lines: dict[tuple[str, int], socket.socket] = {}
        self._main: dict[str, int] = {}
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        self._folder = TemporaryFolder()
        if max(len(os.fsencode(self.address(side))) for side in self.sides) > _LONGEST_ADDRESS:
            self._folder.remove()
            self._folder = TemporaryFolder(place=Path("/tmp"))
        self._listeners: dict[str, socket.socket] = {}
        for side in self.sides:
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(self.address(side))
            listener.listen(16)
            self._listeners[side] = listener
            threading.Thread(target=self._accept, args=(side, listener), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        with self._lock:
            for opened in (*self._listeners.values(), *self._lines.values()):
                # a thread may sit in accept() or recv(): closing alone does not wake it
                with contextlib.suppress(OSError):
                    opened.shutdown(socket.SHUT_RDWR)
                opened.close()
        self._folder.remove()

    def address(self, side: str) -> str:
        """The path of a side's socket."""
        return str(self._folder.path / side)

    def ended(self, side: str) -> None:
        """Say that a side's process is over. May be called from any thread."""
        self._events.put(_Event(side, 0, None))

    # --- the lines, each read by a thread ------------------------------------------------------------------------

    def _accept(self, side: str, listener: socket.socket) -> None:
        number = 0
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            number += 1
            with self._lock:
                if self._closed:
                    line.close()
                    return
                self._lines[side, number] = line
            threading.Thread(target=self._read, args=(side, number, line), daemon=True).start()

    def _read(self, side: str, number: int, line: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), line.makefile("rb") as lines:
            for text in lines:
                message = json.loads(text)
                if isinstance(message, dict) and "side" not in message:
                    self._events.put(_Event(side, number, message))
        self._events.put(_Event(side, number, None))

    def _send(self, side: str, number: int, message: Message) -> None:
        line = self._lines.get((side, number))
        if line is not None:
            with contextlib.suppress(OSError):
                line.sendall(json.dumps(message).encode() + b"\n")

    # --- the meeting ---------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Meet the sides at each stop until all have ended, or none has stirred for `patience_s` seconds."""
        try:
            while len(self._over) < len(self.sides):
                self._take(self._next(time.monotonic() + self._patience_s))
                self._meet()
        except TimeoutError:
            self.notes.append(f"no side was heard of for {self._patience_s:.0f} s")
        finally:
            self._release_all()

    def _next(self, deadline: float) -> _Event:
        try:
            return self._events.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise TimeoutError from None

    def _take(self, event: _Event) -> None:
        side, message = event.side, event.message
        if event.line == 0:
            self._over.add(side)
            self._waiting.pop(side, None)
        elif message is None:
            if self._main.get(side) == event.line:
                self._mute.add(side)
                self._waiting.pop(side, None)
        elif self._main.setdefault(side, event.line) != event.line:
            # a process that the workload started: it is not the one that is timed
            self._send(side, event.line, {"go": True})
        elif message.get("key") in self._stops and not self._mute:
            self._waiting[side] = message
        else:
            self._send(side, event.line, {"go": True})

    def _meet(self) -> None:
        """Time the sides if they are all at the same stop; let go whoever cannot be met."""
        if not self._waiting:
            return
        if self._mute or self._over:
            self._release_all()
            return
        if len(self._waiting) < len(self.sides):
            return
        keys = {str(message["key"]) for message in self._waiting.values()}
        if len(keys) > 1:
            # the side that is behind goes on; it may come to where the others are
            behind = min(keys, key=lambda key: self._order[key])
            self.notes.append(f"the sides send different requests: {', '.join(sorted(keys))}")
            for side in [each for each, message in self._waiting.items() if message["key"] == behind]:
                self._go(side)
            return
        stop = self._stops[keys.pop()]
        if not all(message.get("echo") for message in self._waiting.values()):
            self.notes.append(f"{stop.key} cannot be sent again without a trace")
        elif len({message.get("status") for message in self._waiting.values()}) > 1:
            self.notes.append(f"{stop.key} is answered with different status")
        else:
            try:
                self._time(stop)
            except (_SideLostError, TimeoutError) as error:
                self.notes.append(f"{stop.key}: {error or 'an echo took too long'}")
                self._mute.update(self.sides)
        self._release_all()

    def _go(self, side: str) -> None:
        self._waiting.pop(side, None)
        self._send(side, self._main.get(side, 0), {"go": True})

    def _release_all(self) -> None:
        for side in list(self._waiting):
            self._go(side)

    def _time(self, stop: Stop) -> None:
        for side in self.sides:
            self._ask(side, stop.warm_up, 1)
        self._rounds(stop, stop.times, 1)
        if stop.rounds:
            for side in self.sides:
                self._ask(side, 1, stop.at_once)
            self._rounds(stop, stop.rounds, stop.at_once)

    def _rounds(self, stop: Stop, times: int, at_once: int) -> None:
        cpu: dict[str, list[int]] = {side: [] for side in self.sides}
        wall: dict[str, list[int]] = {side: [] for side in self.sides}
        each: dict[str, list[int]] = {side: [] for side in self.sides}
        for _ in range(times):
            # in each round the order is drawn anew, so that no side always follows another
            for side in self._random.sample(self.sides, len(self.sides)):
                answer = self._ask(side, 1, at_once)
                cpu[side] += answer["cpu_ns"]
                wall[side] += answer["wall_ns"]
                if at_once > 1:
                    each[side] += answer["each_ns"]
        self.echoes.append(
            Echoes(
                key=stop.key,
                at_once=at_once,
                cpu_ns={side: tuple(values) for side, values in cpu.items()},
                wall_ns={side: tuple(values) for side, values in wall.items()},
                each_ns={side: tuple(values) for side, values in each.items() if values},
            )
        )

    def _ask(self, side: str, times: int, at_once: int) -> Mapping[str, list[int]]:
        """Have a side repeat the request it stands at. Raises _SideLostError or TimeoutError."""
        self._send(side, self._main[side], {"times": times, "at_once": at_once})
        deadline = time.monotonic() + self._patience_s
        while True:
            event = self._next(deadline)
            if event.side != side or event.line not in (0, self._main[side]):
                # another side cannot speak while it waits, but it can die, and start processes that do
                self._take(event)
                if event.side in self._mute | self._over:
                    raise _SideLostError(f"side {event.side} ended while it was timed")
                continue
            if event.message is None:
                self._take(event)
                raise _SideLostError(f"side {side} ended while it was timed")
            cpu, wall = event.message.get("cpu_ns"), event.message.get("wall_ns")
            if not (isinstance(cpu, list) and isinstance(wall, list) and len(cpu) == len(wall) == times):
                raise _SideLostError(f"side {side} failed to send the request again")
            each = [value for values in event.message.get("each_ns") or () for value in values]
            return {"cpu_ns": cpu, "wall_ns": wall, "each_ns": each}


def pair_up(echoes: Echoes, one: str, other: str, what: str) -> list[tuple[int, int]]:
    """The times of two sides measured right beside each other; `what` is `cpu` or `wall`."""
    times = echoes.cpu_ns if what == "cpu" else echoes.wall_ns
    return [(max(a, 1), max(b, 1)) for a, b in zip(times[one], times[other], strict=True)]
