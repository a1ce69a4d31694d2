"""The command: runs a verb; the only place that catches errors and sets exit codes."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pitstop import options, output, verbs
from pitstop.errors import PitstopError

if TYPE_CHECKING:
    from types import FrameType


OWN_FAULT = 4
_AGAIN_S = 0.01
"""Seconds until a Ctrl-C that was dropped comes again: enough for a finalizer to end."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        with _interruptible():
            typed = options.parse(None if arguments is None else list(arguments))
            return verbs.BY_NAME[typed.verb](typed)
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 0
    except KeyboardInterrupt:
        output.say("interrupted")
        return verbs.INTERRUPTED
    except BrokenPipeError:
        output.close_pipe()
        return 0
    except PitstopError as error:
        output.say(error.message, error.hint)
        if error.exit_code == OWN_FAULT:
            output.say_own_fault(error)
        return error.exit_code
    except Exception as error:  # the outermost edge: a person gets a sentence, the traceback a file
        output.say(f"stopped by a fault of its own: {type(error).__name__}: {error}")
        output.say_own_fault(error)
        return OWN_FAULT


@contextmanager
def _interruptible() -> Iterator[None]:
    """Being told to end is like Ctrl-C: what was started is stopped, what is known is said.

    A Ctrl-C that falls into a finalizer, where Python prints and drops it, comes once more.
    """
    timers: list[threading.Timer] = []
    dropped = sys.unraisablehook

    def again(fault: sys.UnraisableHookArgs) -> None:
        if not isinstance(fault.exc_value, KeyboardInterrupt):
            dropped(fault)
            return
        # A signal to this very thread: what sleeps or waits in it is woken by no other.
        send = (threading.get_ident(), signal.SIGINT)
        timers.append(threading.Timer(_AGAIN_S, signal.pthread_kill, send))
        timers[-1].start()

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread, which alone may say so
        yield
        return
    sys.unraisablehook = again
    try:
        yield
    finally:
        sys.unraisablehook = dropped
        for timer in timers:
            timer.cancel()
        signal.signal(signal.SIGTERM, before)
