"""The probe as a listener in the very process of the tests: what requests cost, and nothing of it leaves memory."""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pitstop.budgets import TRANSACTION
from pitstop_probe import start
from pitstop_probe.asgi import Recorder
from pitstop_probe.config import Config
from pitstop_probe.output import Output
from pitstop_probe.request import Request

WATCHDOG_MS = 10
"""A loop that is silent for less is not seen."""


@dataclass(frozen=True)
class Heard:
    """What one request cost: SQL statements, bytes of its answer, and ms that it blocked the event loop.

    `most` is the statement that was sent most often, `times`, from `at`; `blocked_at` is where the loop stood.
    """

    route: str
    path: str
    status: int
    statements: int
    bytes: int
    blocked_ms: float
    most: str = ""
    times: int = 0
    at: str = ""
    blocked_at: str = ""

    def of(self, limit: str) -> float:
        """The figure that a limit is about."""
        return float(getattr(self, limit.removeprefix("max_")))


class Ear(Output):
    """Hears of requests and of the places in the code that they name by number, and lets all other records go."""

    def __init__(self, folder: str) -> None:
        """`folder` is never written to."""
        super().__init__(folder)
        self.heard: list[Heard] = []
        """All requests since it was last cleared, in the order in which they ended."""
        self._frames: dict[int, list[Any]] = {}

    def put(self, record: dict[str, Any]) -> None:
        if record.get("type") == "stack":
            self._frames[record["id"]] = record["frames"]

    def put_text(self, _text: str) -> bool:
        return True

    def take(self, _record: object, _size: int) -> None:
        return None

    def flush(self, _timeout: float = -1) -> None:
        return None

    def place(self, stack: int) -> str:
        """The innermost line of the user's, `app/orders.py:12`; empty where there is none."""
        frames = self._frames.get(stack)
        return f"{frames[0][0]}:{frames[0][1]}" if frames else ""


class Listener(Recorder):
    """Takes each request as it ends."""

    def leave(self, request: Request) -> None:
        ear = self._probe.output
        assert isinstance(ear, Ear)
        try:
            self._place(request)
            ear.heard.append(_heard(request, ear))
        except Exception as error:
            self._probe.fault("budget", error)


def _heard(request: Request, ear: Ear) -> Heard:
    statements = [each for each in request.statements if each.operation not in TRANSACTION]
    sent = Counter((each.sql, each.stack) for each in statements)
    (sql, stack), times = sent.most_common(1)[0] if sent else (("", 0), 0)
    method, path = request.scope["method"], request.scope["path"]
    blocks = sorted(request.blocks, key=lambda block: -block[1])
    return Heard(
        route=f"{method} {request.route or path}",
        path=path,
        status=request.status,
        statements=len(statements),
        bytes=len(request.sent or b""),
        blocked_ms=sum(block[1] for block in blocks) / 1e6,
        most=" ".join(sql.split()),
        times=times,
        at=ear.place(stack),
        blocked_at=ear.place(blocks[0][2]) if blocks else "",
    )


def listen(root: Path) -> list[Heard] | None:
    """Begin to listen; the list that fills. None where pitstop itself runs these tests: it has a probe here, and its own ways to check."""
    if start.PROBE is not None:
        known = start.PROBE.output
        return known.heard if isinstance(known, Ear) else None
    with tempfile.TemporaryDirectory(prefix="pitstop-budgets-") as folder:
        ear = Ear(folder)
    orders = {
        "out": folder,
        "root": str(root),
        "exclude": [os.path.relpath(sys.prefix, root)],
        "watchdog_ms": WATCHDOG_MS,
    }
    start.begin(Config(orders), ear, Listener)
    if start.HOOKS is not None:
        start.HOOKS.catch_up()
    return ear.heard
