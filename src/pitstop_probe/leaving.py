"""Whether this process has spoken to another machine: where it never did, what answers its calls is a stand-in of the tests'."""

from __future__ import annotations

import sys
from typing import Any

from .offline import CONNECTING, NAMING, is_here, is_number


class Leaving:
    """Listens to the interpreter's audit events, which no library of Python goes round. uvloop does, so nothing is known beside it."""

    def __init__(self) -> None:
        self._has_left = False

    @property
    def may_have_left(self) -> bool:
        """Whether another machine was spoken to, or may have been."""
        return self._has_left or "uvloop" in sys.modules

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Called for each audited event of the interpreter."""
        if event in CONNECTING:
            address = arguments[1]
            if type(address) is tuple and not is_here(address[0]):
                self._has_left = True
        elif event in NAMING:
            host = arguments[0]
            if host and not is_number(host) and not is_here(host):
                self._has_left = True


def listening() -> Leaving:
    """One that listens from now on, for there is no way to take an audit hook out again."""
    leaving = Leaving()
    sys.addaudithook(leaving.audit)
    return leaving
