"""The clocks and the sleep of the machine, whatever the run makes of them for the app.

They are kept as class attributes: libraries that freeze time look for these functions among the attributes of modules.
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


class Real:
    """Functions of `time` and `os` as they were when the interpreter started."""

    seconds = staticmethod(time.time)
    time_ns = staticmethod(time.time_ns)
    perf_ns = staticmethod(time.perf_counter_ns)
    cpu_ns = staticmethod(time.process_time_ns)
    thread_ns = staticmethod(time.thread_time_ns)
    sleep = staticmethod(time.sleep)
    urandom = staticmethod(os.urandom)
    exit = staticmethod(os._exit)
