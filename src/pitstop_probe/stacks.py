"""Where the user's code stood: its frames, innermost first, each distinct stack written once."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .request import Request

_FOREIGN = 0
_USER = 1
_BORDER = 2
_LOOP = 3
_LOOP_FILES = tuple(
    os.path.join(*parts)
    for parts in (
        ("asyncio", "base_events.py"),
        ("asyncio", "events.py"),
        ("asyncio", "runners.py"),
        ("uvicorn", "server.py"),
    )
)

MOST_FRAMES = 400
MOST_CODES = 100_000
MOST_STACKS = 50_000
"""Distinct stacks that are told of; what stands on others has none. Recursion and generated code make very many."""


class Stacks:
    """Finds and numbers the stacks of user code. Id 0 is the empty stack."""

    def __init__(
        self,
        roots: tuple[str, ...],
        excluded: tuple[str, ...],
        put: Callable[[dict[str, Any]], None],
        left_out: Callable[[], None] = lambda: None,
    ) -> None:
        self._roots = roots
        self._excluded = excluded
        self._put = put
        self._left_out = left_out
        self._kinds: dict[int, int] = {}
        self._codes: dict[int, tuple[CodeType, str]] = {}
        self._files: dict[str, str] = {}
        self._ids: dict[tuple[int, ...], int] = {}
        self._frames: dict[tuple[tuple[str, int, str], ...], int] = {}
        self._texts: list[dict[str, Any]] = []
        self._borders: set[int] = set()
        self._getcurrent: Callable[[], Any] | None = None

    def forget(self) -> None:
        """Write each stack again when it is next met: a forked child has a file of its own."""
        for record in self._texts:
            self._put(record)

    def border(self, code: CodeType) -> None:
        """Make a function the outer end of every stack: the probe's own entry of a request."""
        self._borders.add(id(code))
        self._codes[id(code)] = (code, "")
        self._kinds[id(code)] = _BORDER

    def is_border(self, code: CodeType) -> bool:
        """Whether a function is the probe's own entry of a request."""
        return id(code) in self._borders

    def path(self, filename: str) -> str:
        """The path of a source file relative to the root; empty where it is not the user's."""
        known = self._files.get(filename)
        if known is None:
            known = self._files[filename] = self.relative(filename)
        return known

    def relative(self, filename: str) -> str:
        """As `path`, of a file that is not likely to come again."""
        if not filename or filename[0] == "<":
            return ""
        full = os.path.abspath(filename)
        for root in self._roots:
            if full.startswith(root):
                # A compiled module names its source as it was found when it was built: `pydantic/main.py`.
                is_there = full == filename or os.path.isfile(full)
                if not is_there or any(full.startswith(folder) for folder in self._excluded):
                    return ""
                return full[len(root) :].replace(os.sep, "/")
        return ""

    def _learn(self, code: CodeType) -> int:
        if len(self._codes) > MOST_CODES:
            borders = [self._codes[border][0] for border in self._borders]
            self._codes.clear()
            self._kinds.clear()
            self._ids.clear()
            for border in borders:
                self.border(border)
        path = self.path(code.co_filename)
        self._codes[id(code)] = (code, path)  # the reference keeps the id from being used again
        kind = _USER if path else _LOOP if code.co_filename.endswith(_LOOP_FILES) else _FOREIGN
        self._kinds[id(code)] = kind
        return kind

    def here(self, frame: FrameType | None = None, request: Request | None = None) -> int:
        """The id of the stack that the caller stands on, or the given frame of another thread.

        In a greenlet of SQLAlchemy's the walk goes on at the coroutine that awaits it; in a task or thread of its own, at
        what the request awaits meanwhile. A frame of another thread is that of an event loop: what started the loop is
        left out, for it stands there even when the loop is idle.
        """
        current: Any = frame if frame is not None else sys._getframe(1)
        kinds = self._kinds
        key: list[int] = []
        while current is not None:
            code = current.f_code
            kind = kinds.get(id(code))
            if kind is None:
                kind = self._learn(code)
            if kind:
                if kind == _BORDER or (kind == _LOOP and frame is not None):
                    break
                if kind == _USER:
                    key.append(id(code))
                    key.append(current.f_lasti)
            current = current.f_back
        else:
            if frame is None and not self._awaiting(key) and request is not None and request.endpoint_on_loop:
                self._waiting(key, request.running)
        found = tuple(key)
        known = self._ids.get(found)
        if known is None:
            if len(self._ids) >= 2 * MOST_STACKS:
                self._ids.clear()
            known = self._ids[found] = self._intern(found)
        return known

    def raised(self, error: BaseException) -> int:
        """The id of the stack that an exception was raised on, as far as its traceback tells; 0 where the user's code has no part."""
        key: list[int] = []
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            kind = self._kinds.get(id(code))
            if kind is None:
                kind = self._learn(code)
            if kind == _USER:
                key[:0] = (id(code), trace.tb_lasti)
            trace = trace.tb_next
        return self._intern(tuple(key))

    def within(self, error: BaseException) -> str:
        """The top module of foreign code that raised an exception, `passlib` of `passlib.handlers.bcrypt`; empty of the user's."""
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        if trace is None or self.path(trace.tb_frame.f_code.co_filename):
            return ""
        return str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0]

    def _awaiting(self, key: list[int]) -> bool:
        """Go on at the greenlets around this one; whether the entry of a request was reached."""
        getcurrent = self._getcurrent
        if getcurrent is None:
            module = sys.modules.get("greenlet")
            if module is None:
                return False
            getcurrent = self._getcurrent = module.getcurrent
        parent = getcurrent().parent
        while parent is not None:
            current = parent.gr_frame
            while current is not None:
                code = current.f_code
                kind = self._kinds.get(id(code))
                if kind is None:
                    kind = self._learn(code)
                if kind:
                    if kind == _BORDER:
                        return True
                    if kind == _USER:
                        key.append(id(code))
                        key.append(current.f_lasti)
                current = current.f_back
            parent = parent.parent
        return False

    def _waiting(self, key: list[int], coroutine: Any) -> None:
        """Go on at the coroutines of a request that wait for this task or thread."""
        outer: list[tuple[int, int]] = []
        while coroutine is not None:
            frame = getattr(coroutine, "cr_frame", None)
            if frame is None or coroutine.cr_running:
                break
            code = frame.f_code
            kind = self._kinds.get(id(code))
            if kind is None:
                kind = self._learn(code)
            if kind == _USER:
                outer.append((id(code), frame.f_lasti))
            coroutine = coroutine.cr_await
        for place in reversed(outer):
            key.extend(place)

    def _intern(self, key: tuple[int, ...]) -> int:
        if not key:
            return 0
        frames: list[tuple[str, int, str]] = []
        for position in range(0, min(len(key), 2 * MOST_FRAMES), 2):
            code, path = self._codes[key[position]]
            frames.append((path, _line(code, key[position + 1]), code.co_name))
        seen = tuple(frames)
        known = self._frames.get(seen)
        if known is None:
            if len(self._frames) >= MOST_STACKS:
                self._left_out()
                return 0
            known = self._frames[seen] = len(self._frames) + 1
            record = {"type": "stack", "id": known, "frames": seen}
            self._texts.append(record)
            self._put(record)
        return known


def _line(code: CodeType, offset: int) -> int:
    """The line of an instruction; `offset` is a frame's `f_lasti`."""
    if hasattr(code, "co_lines"):
        for start, end, line in code.co_lines():
            if start <= offset < end and line is not None:
                return int(line)
        return code.co_firstlineno
    import dis  # only Python 3.9 gets here

    line = code.co_firstlineno
    for start, number in dis.findlinestarts(code):
        if start > offset:
            break
        line = number
    return line
