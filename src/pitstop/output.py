"""What a command leaves behind: its report, a sentence on the error stream, the traceback of a fault in a file."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from pitstop.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from pitstop.data import Report


def publish(report: Report, typed: argparse.Namespace) -> None:
    """Write the report where it is wanted, to standard output last. Raises UsageError where a file cannot be written, after all others were."""
    missing: list[UsageError] = []
    for name, path in typed.report or ():
        try:
            _replace(path, _rendered(report, name, typed.color, None))
        except OSError as error:
            missing.append(UsageError(f"--report: {path} cannot be written: {error.strerror}"))
    text = _rendered(report, typed.format, typed.color, None if typed.output else sys.stdout)
    try:
        if typed.output is not None:
            _replace(typed.output, text)
    except OSError as error:
        write(text)
        raise UsageError(
            f"--output: {typed.output} cannot be written: {error.strerror}",
            "The report went to standard output.",
        ) from None
    if typed.output is None:
        write(text)
    if missing:
        raise missing[0]


def _rendered(report: Report, name: str, color: str, stream: TextIO | None) -> str:
    """The report in a format; that for people as wide and as coloured as suits a stream, if it is to go to one."""
    if name == "full":
        from pitstop.reports import full

        return full.render(report, width=width(stream), color=colored(color, stream))
    from importlib import import_module

    text: str = import_module(f"pitstop.reports.{name}").render(report)
    return text


def write_beside(path: Path, text: str, option: str) -> None:
    """Write a text to a file, if there is one. Raises UsageError."""
    try:
        if text:
            _replace(path, text)
    except OSError as error:
        raise UsageError(f"{option}: {path} cannot be written: {error.strerror}") from None


def _replace(path: Path, text: str) -> None:
    """Write the file whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(text, "utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        # Who reads has seen enough; the work is done, and its exit code stands.
        close_pipe()


def close_pipe() -> None:
    """Keep the interpreter from flushing into the closed pipe when it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def colored(choice: str, stream: TextIO | None) -> bool:
    if choice != "auto":
        return choice == "always"
    if stream is None or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def width(stream: TextIO | None) -> int:
    """The terminal's width within what reads well; where there is none, what fits a log."""
    import shutil

    if stream is None or not stream.isatty():
        return 120
    return max(40, min(shutil.get_terminal_size().columns, 160))


def say(message: str, hint: str = "") -> None:
    with suppress(OSError):
        sys.stderr.write(f"pitstop: {message}\n" + (f"  {hint}\n" if hint else ""))
        sys.stderr.flush()


def say_own_fault(error: BaseException) -> None:
    """Keep the traceback in a file. The command is left out of it: a database URL may hold a password."""
    import platform
    import tempfile
    import traceback

    from pitstop import __version__

    told = "".join(traceback.format_exception(error))
    text = f"pitstop {__version__}, Python {platform.python_version()}, {platform.platform()}\n\n{told}"
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="replace", prefix="pitstop-fault-", suffix=".txt", delete=False
        ) as kept:
            kept.write(text)
    except OSError:
        sys.stderr.write(text)
        return
    say(
        f"the traceback is in {kept.name}",
        "Please report it: open an issue where you got pitstop from, say what you ran, and attach that file.",
    )
