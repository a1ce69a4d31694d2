"""What requests write to `logging`: errors, and lines that come again and again from one place of the user's.

Of an error the logger, its level, the exception's class and hashes of the text before and after its values
are put in are kept, whoever wrote it.

Of most places a request writes one line, so that of each only a number and a time are kept, and a stack no sooner than it is worth
telling. A line counts where its level and filters let it through to handlers.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .output import EFFECTS
from .real import Real
from .request import CURRENT, Request, digest
from .state import Probe

MANY = 100
"""Lines of one place in one request from which on they are told."""
MOST_PLACES = 200
MOST_ERRORS = 1000
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{4,}\b")


class Written:
    """The lines of one place and level that one request has written."""

    __slots__ = ("count", "duration", "level", "stack")

    def __init__(self, level: int) -> None:
        self.level = level
        self.count = 0
        self.duration = 0
        """Nanoseconds that handlers took."""
        self.stack = 0

    def entry(self) -> dict[str, Any]:
        """What a record holds of them."""
        return {"level": self.level, "count": self.count, "duration_ns": self.duration, "stack": self.stack}


def install(probe: Probe, _after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Count the records that loggers hand to their handlers."""
    original = logging.Logger.callHandlers

    def handed_on(self: logging.Logger, record: logging.LogRecord) -> None:
        request = CURRENT.get()
        if request is None or request.closed:
            original(self, record)
            return
        if record.levelno >= logging.ERROR:
            try:
                _note_error(probe, request, record)
            except Exception as error:
                probe.fault("logs", error)
        if not probe.stacks.path(record.pathname):
            original(self, record)
            return
        start = Real.perf_ns()
        try:
            original(self, record)
        finally:
            try:
                _note(probe, request, record, Real.perf_ns() - start)
            except Exception as error:
                probe.fault("logs", error)

    logging.Logger.callHandlers = handed_on  # type: ignore[method-assign]


def _note_error(probe: Probe, request: Request, record: logging.LogRecord) -> None:
    if len(request.errors) >= MOST_ERRORS:
        probe.output.lost(EFFECTS)
        return
    raised = record.exc_info[0] if record.exc_info else None
    kind = "" if raised is None else f"{raised.__module__}.{raised.__qualname__}"
    request.errors.append(
        [record.name, record.levelno, kind, digest(str(record.msg)), digest(_message(record))]
    )


def _message(record: logging.LogRecord) -> str:
    """The text with its values. Where things lie in memory is another place in each run."""
    try:
        text = record.getMessage()
    except Exception:  # values that do not fit, of which logging tells by itself
        text = str(record.msg)
    return _ADDRESS.sub("0x", text)


def _note(probe: Probe, request: Request, record: logging.LogRecord, took: int) -> None:
    # Past the lists that a request makes, which have it written at length.
    places: dict[Any, Written] = request.__dict__.setdefault("logged", {})
    place = (record.pathname, record.lineno, record.levelno)
    written = places.get(place)
    if written is None:
        if len(places) >= MOST_PLACES:
            probe.output.lost(EFFECTS)
            return
        written = places[place] = Written(record.levelno)
    written.count += 1
    written.duration += took
    if written.count == MANY:
        written.stack = probe.stacks.here(None, request)
        request.logs.append(written)
