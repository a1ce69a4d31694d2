"""The clocks and the sleep of the machine, whatever the run makes of them for the app.

They are kept as attributes of an object: libraries that freeze time look for these functions among the attributes of modules.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable


def after_fork(function: Callable[[], None]) -> None:
    """Call a function in each forked child; where the system knows no fork, never."""
    register = getattr(os, "register_at_fork", None)
    if register is not None:
        register(after_in_child=function)


class _Real:
    """Functions of `time` and `os` as they were when the interpreter started."""

    def __init__(self) -> None:
        self.seconds = time.time
        self.time_ns = time.time_ns
        self.perf = time.perf_counter
        self.perf_ns = time.perf_counter_ns
        self.cpu = time.process_time
        self.cpu_ns = time.process_time_ns
        self.thread = time.thread_time
        self.sleep = time.sleep
        self.urandom = os.urandom
        self.exit = os._exit


Real = _Real()
