"""Progress: nothing when quiet, few lines in a log, a bar that leaves nothing behind on a terminal."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from pitstop.reports.progress import Bar, Lines, Progress, Silent, choose


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def test_the_stream_decides() -> None:
    assert isinstance(choose(Terminal()), Bar)
    assert isinstance(choose(io.StringIO()), Lines)
    assert isinstance(choose(Terminal(), quiet=True), Silent)


def test_lines_say_each_phase_and_a_step_from_time_to_time() -> None:
    stream, clock = io.StringIO(), Clock()
    with Lines(stream, clock) as progress:
        progress.phase("measure", 1200)
        for number in range(1200):
            clock.time += 0.0625
            progress.step(f"test_{number}")
        progress.phase("prove")
        clock.time += 5
        progress.step("a\nb", advance=0)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "[0:00] measure (1,200)"
    assert lines[1] == "[0:02] measure 32/1,200: test_31"
    assert len(lines) == 1 + 1200 // 32 + 2
    assert lines[-2:] == ["[1:15] prove", "[1:20] prove 0: a b"]


def test_a_note_is_told_at_once_and_stays() -> None:
    stream, clock = io.StringIO(), Clock()
    with Lines(stream, clock) as progress:
        progress.phase("measure")
        progress.note("2 tests\nfail")
    assert stream.getvalue().splitlines()[-1] == "[0:00] 2 tests fail"
    terminal = Terminal()
    with Bar(terminal) as progress:
        progress.phase("measure")
        progress.note("2 tests [x] fail")
    assert "2 tests [x] fail\n" in terminal.getvalue().replace("\r\n", "\n")
    with Silent() as progress:
        progress.note("nothing")


def test_lines_survive_a_stream_that_cannot_write_the_text() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Lines(stream).phase("größe")
    assert raw.getvalue() == b"[0:00] gr\\xf6\\xdfe\n"


def test_the_bar_shows_phase_step_and_count_and_clears_its_line() -> None:
    stream = Terminal()
    with Bar(stream) as progress:
        progress.step("before any phase")
        progress.phase("read [x]", 2)
        progress.step("app/[bold]a.py")
        progress.rich.refresh()
        shown = stream.getvalue()
        progress.phase("prove")
        progress.step("p1")
    assert "read [x]" in shown
    assert "1/2" in shown
    assert stream.getvalue().rstrip().endswith(("\x1b[2K", "\x1b[?25h"))


@pytest.mark.parametrize("make", [Silent, lambda: Lines(io.StringIO()), lambda: Bar(Terminal())])
def test_an_error_inside_is_not_swallowed(make: Callable[[], Progress]) -> None:
    with pytest.raises(KeyboardInterrupt):
        _interrupted(make())


def _interrupted(progress: Progress) -> None:
    with progress:
        progress.phase("x")
        raise KeyboardInterrupt
