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
_ENDPOINT = 4
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
MOST_MODULES = 20_000
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
        self._endpoints: set[int] = set()
        self._times = 0
        """How often all codes were forgotten."""
        self._apart: set[str] = set()
        """Files that are not the user's, but have functions that are looked for."""
        self._foreign: dict[int, dict[str, Any]] = {}
        """What modules without such functions have as their globals, by `id`: all their frames are passed over."""
        self._getcurrent: Callable[[], Any] | None = None

    def forget(self) -> None:
        """Write each stack again when it is next met: a forked child has a file of its own."""
        for record in self._texts:
            self._put(record)

    def border(self, code: CodeType) -> None:
        """Make a function the outer end of every stack: the probe's own entry of a request."""
        self._borders.add(id(code))
        self._look_for(code, _BORDER)

    def endpoint(self, code: CodeType) -> None:
        """Name the function of FastAPI's that runs an endpoint, and notes a moment each time before anything else.

        What stands around it is then looked at once for each time that it runs.
        """
        self._endpoints.add(id(code))
        self._look_for(code, _ENDPOINT)

    def _look_for(self, code: CodeType, kind: int) -> None:
        self._codes[id(code)] = (code, "")
        self._kinds[id(code)] = kind
        self._apart.add(code.co_filename)
        self._foreign.clear()

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

    def _learn(self, code: CodeType, space: dict[str, Any] | None = None) -> int:
        """What a piece of code is that is new; `space` are its globals."""
        if len(self._codes) > MOST_CODES:
            kept = [(self._codes[each][0], self._kinds[each]) for each in self._borders | self._endpoints]
            self._codes.clear()
            self._kinds.clear()
            self._ids.clear()
            self._times += 1
            for each, kind in kept:
                self._look_for(each, kind)
        path = self.path(code.co_filename)
        self._codes[id(code)] = (code, path)  # the reference keeps the id from being used again
        kind = _USER if path else _LOOP if code.co_filename.endswith(_LOOP_FILES) else _FOREIGN
        self._kinds[id(code)] = kind
        if kind == _FOREIGN and space is not None and self._is_foreign(space):
            if len(self._foreign) > MOST_MODULES:
                self._foreign.clear()
            self._foreign[id(space)] = space
        return kind

    def _is_foreign(self, space: dict[str, Any]) -> bool:
        """Whether globals are those of a module that has no code of interest."""
        module, file = sys.modules.get(space.get("__name__", "")), space.get("__file__")
        if not file or getattr(module, "__dict__", None) is not space:
            return False
        return not (self.path(file) or file in self._apart or file.endswith(_LOOP_FILES))

    def here(self, frame: FrameType | None = None, request: Request | None = None, above: int = 1) -> int:
        """The id of the stack that the caller stands on, or the given frame of another thread.

        In a greenlet of SQLAlchemy's the walk goes on at the coroutine that awaits it; in a task or thread of its own, at
        what the request awaits meanwhile. A frame of another thread is that of an event loop: what started the loop is
        left out, for it stands there even when the loop is idle. `above` is how many functions up the walk begins: 1 is the caller.
        """
        current: Any = frame if frame is not None else sys._getframe(above)
        kinds, foreign, identity = self._kinds, self._foreign, id
        key: list[int] = []
        around: list[int] | None = None
        while current is not None:
            # To ask for a frame's code takes as much as all else here, for Python tells its audit hooks.
            if identity(current.f_globals) not in foreign:
                code = current.f_code
                kind = kinds.get(id(code))
                if kind is None:
                    kind = self._learn(code, current.f_globals)
                if kind:
                    if kind == _USER:
                        key.append(id(code))
                        key.append(current.f_lasti)
                    elif kind == _BORDER:
                        if around is not None and request is not None and request.moments:
                            begins = around.pop()
                            request.around = around, tuple(key[begins:])
                        break
                    elif kind == _LOOP:
                        if frame is not None:
                            break
                    elif kind == _ENDPOINT and request is not None:
                        # Another frame in the same place would have noted a moment since.
                        around = [id(current), len(request.moments), self._times]
                        if request.around is not None and request.around[0] == around:
                            key.extend(request.around[1])
                            break
                        around.append(len(key))
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
