"""What pitstop is doing right now, on standard error: a bar for people, plain lines for a log, or nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

if TYPE_CHECKING:
    from rich.progress import TaskID

QUIET_FOR = 2.0
"""Seconds between two lines of a log; a suite has thousands of steps, and each would be a line."""


class Progress(Protocol):
    """Told by the stages what they do. Enter it before the first phase; leaving it clears the screen."""

    def phase(self, name: str, total: int | None = None) -> None:
        """A new phase begins, of `total` steps where that is known; the one before is over."""

    def step(self, text: str, advance: int = 1) -> None:
        """Now doing `text`; `advance` steps more are done."""

    def note(self, text: str) -> None:
        """What a person should know before the end; it stays on the screen."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def choose(stream: TextIO, *, quiet: bool = False, color: bool = True) -> Progress:
    """The progress that fits: a bar on a terminal, lines elsewhere, nothing when `quiet`."""
    if quiet:
        return Silent()
    return Bar(stream, color=color) if stream.isatty() else Lines(stream)


class Silent:
    """Says nothing."""

    def phase(self, name: str, total: int | None = None) -> None:
        """Nothing."""

    def step(self, text: str, advance: int = 1) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Lines:
    """A line for each phase, and one for a step from time to time; `now` gives seconds."""

    def __init__(self, stream: TextIO, now: Callable[[], float] = time.monotonic) -> None:
        self.stream = stream
        self.now = now
        self.began = self.said = now()
        self.name = ""
        self.total: int | None = None
        self.done = 0

    def phase(self, name: str, total: int | None = None) -> None:
        self.name, self.total, self.done = name, total, 0
        self._say(name if total is None else f"{name} ({total:,})")

    def step(self, text: str, advance: int = 1) -> None:
        self.done += advance
        if self.now() - self.said >= QUIET_FOR:
            count = f"{self.done:,}" if self.total is None else f"{self.done:,}/{self.total:,}"
            self._say(f"{self.name} {count}: {text}")

    def note(self, text: str) -> None:
        self._say(text)

    def _say(self, text: str) -> None:
        self.said = self.now()
        minutes, seconds = divmod(int(self.said - self.began), 60)
        line = " ".join(text.split()).encode(self.stream.encoding or "utf-8", "backslashreplace")
        self.stream.write(f"[{minutes}:{seconds:02}] {line.decode(self.stream.encoding or 'utf-8')}\n")
        self.stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Bar:
    """A line that moves: the phase, how far it is, the time it took, and what is being done."""

    def __init__(self, stream: TextIO, *, color: bool = True) -> None:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Rich
        from rich.table import Column

        self.escape = escape
        self.rich = Rich(
            SpinnerColumn(),
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn(
                "{task.fields[doing]}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")
            ),
            console=Console(file=stream, no_color=not color, highlight=False),
            transient=True,
            expand=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self.task: TaskID | None = None

    def phase(self, name: str, total: int | None = None) -> None:
        if self.task is not None:
            self.rich.remove_task(self.task)
        self.task = self.rich.add_task(self.escape(name), total=total, doing="")

    def step(self, text: str, advance: int = 1) -> None:
        if self.task is not None:
            self.rich.update(self.task, advance=advance, doing=self.escape(" ".join(text.split())))

    def note(self, text: str) -> None:
        self.rich.console.print(self.escape(" ".join(text.split())))

    def __enter__(self) -> Self:
        self.rich.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.rich.stop()
