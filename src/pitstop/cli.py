"""One function a verb; the only place that catches errors and sets exit codes.

Nothing heavy is imported here: each verb imports what it needs when it runs, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

from pitstop import options
from pitstop.errors import PitstopError, UsageError

if TYPE_CHECKING:
    import argparse
    from types import FrameType

    from pitstop.data import Report
    from pitstop.reports.progress import Progress
    from pitstop.settings import Settings

FOUND = 1
INTERRUPTED = 130
OWN_FAULT = 4


class Pipeline(Protocol):
    """What the verbs ask of `pitstop.pipeline`.

    An error or a KeyboardInterrupt that leaves one of these may carry `report`, a Report of what is known so far: it is
    printed before the error is.
    """

    def inspect(self, root: Path, settings: Settings, progress: Progress) -> Report: ...

    def measure(
        self, root: Path, settings: Settings, progress: Progress, *, record: Path | None
    ) -> Report: ...

    def tune(
        self,
        root: Path,
        settings: Settings,
        progress: Progress,
        *,
        apply: bool,
        branch: str | None,
        patches: Path | None,
        only: tuple[str, ...],
    ) -> Report: ...

    def undo(self, root: Path, patch: str | None) -> str: ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        with _terminated_as_interrupted():
            typed = options.parse(None if arguments is None else list(arguments))
            return _VERBS[typed.verb](typed)
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 0
    except KeyboardInterrupt:
        _say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        _close_pipe()
        return 0
    except PitstopError as error:
        _say(error.message, error.hint)
        if error.exit_code == OWN_FAULT:
            _say_own_fault(error)
        return error.exit_code
    except Exception as error:  # the outermost edge: a person gets a sentence, the traceback a file
        _say(f"stopped by a fault of its own: {type(error).__name__}: {error}")
        _say_own_fault(error)
        return OWN_FAULT


# --- verbs -----------------------------------------------------------------------------------------------------------


def _inspect(typed: argparse.Namespace) -> int:
    root, settings = _root(typed.path), _settings(typed)
    return _report(typed, lambda progress: _pipeline().inspect(root, settings, progress))


def _measure(typed: argparse.Namespace) -> int:
    root, settings = _root(typed.path), _settings(typed)
    record = _writable(typed.record, "--record")
    return _report(typed, lambda progress: _pipeline().measure(root, settings, progress, record=record))


def _tune(typed: argparse.Namespace) -> int:
    root, settings = _root(typed.path), _settings(typed)
    if typed.branch and typed.path == "." and Path(typed.branch).is_dir():
        raise UsageError(
            f"--branch took `{typed.branch}` for the name of the branch",
            f"Write the folder first: `pitstop tune {typed.branch} --branch`.",
        )
    only = _flat(typed.only)
    _known(only, "--only")
    patches = typed.patches.absolute() if typed.patches else None
    if patches is not None and patches.exists() and not patches.is_dir():
        raise UsageError(
            f"--patches: {typed.patches} is not a folder", "Name a folder; it is made if need be."
        )
    return _report(
        typed,
        lambda progress: _pipeline().tune(
            root, settings, progress, apply=typed.apply, branch=typed.branch, patches=patches, only=only
        ),
    )


def _explain(typed: argparse.Namespace) -> int:
    from pitstop.reports import explain

    if typed.name is None:
        _write(explain.listing())
        return 0
    page = explain.page(typed.name)
    if _colored(typed.color, sys.stdout):
        page = explain.render(page, width=_width(sys.stdout))
    _write(page)
    return 0


def _undo(typed: argparse.Namespace) -> int:
    said = _pipeline().undo(_root(typed.path), typed.id)
    _write(said if said.endswith("\n") else said + "\n")
    return 0


_VERBS: dict[str, Callable[[argparse.Namespace], int]] = {
    "inspect": _inspect,
    "measure": _measure,
    "tune": _tune,
    "explain": _explain,
    "undo": _undo,
}


def _pipeline() -> Pipeline:
    from pitstop import pipeline

    return pipeline


# --- what goes in ----------------------------------------------------------------------------------------------------


def _root(path: str) -> Path:
    root = Path(path)
    try:
        with os.scandir(root):
            return root.resolve()
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist", "Give the folder of the project.") from None
    except NotADirectoryError:
        raise UsageError(f"{path} is a file", f"Give the folder that holds it: {root.parent}") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", "Look at its permissions.") from None
    except ValueError as error:
        raise UsageError(f"PATH is no path: {error}", "Give the folder of the project.") from None


def _settings(typed: argparse.Namespace) -> Settings:
    from pitstop.settings import load, override

    root = _root(typed.path)
    settings = load(root)
    given: dict[str, object] = {
        "app": typed.app,
        "python": _interpreter(typed.python),
        "tests": tuple(_within(root, path) for path in typed.tests) if typed.tests else None,
        "database": typed.database,
        "allow_remote_database": typed.allow_remote_database,
        "timeout_s": typed.timeout_s,
        "select": _flat(typed.select) or None,
        "ignore": (*settings.ignore, *_flat(typed.ignore)),
        "launches": getattr(typed, "launches", None),
        "requests": _requests(getattr(typed, "requests", None)),
    }
    settings = override(settings, given)
    _known(settings.select, "select")
    _known(settings.ignore, "ignore")
    return settings


def _interpreter(python: str | None) -> str | None:
    """A path is meant from here, a bare name from PATH."""
    return str(Path(python).absolute()) if python and len(Path(python).parts) > 1 else python


def _within(root: Path, test: str) -> str:
    """A test relative to the project, because it is run in a copy of it; `test` may end in a pytest node, `::name`."""
    path, colons, node = test.partition("::")
    for base in (Path.cwd(), root):
        target = (base / path).resolve()
        if target.exists():
            break
    else:
        raise UsageError(f"--tests: there is no {path}", "Give a file or folder with tests of the project.")
    if not target.is_relative_to(root):
        raise UsageError(f"--tests: {path} lies outside of {root}", "Give a file or folder of the project.")
    return target.relative_to(root).as_posix() + colons + node


def _requests(path: Path | None) -> str | None:
    if path is None:
        return None
    if not path.is_file():
        raise UsageError(f"--requests: there is no file {path}", "`pitstop measure --record FILE` makes one.")
    return str(path.absolute())


def _writable(path: Path | None, option: str) -> Path | None:
    """The file as an absolute path; whether it can be written is asked before the work, not after it."""
    if path is None:
        return None
    target = path.absolute()
    if target.is_dir():
        raise UsageError(f"{option}: {path} is a folder", "Name a file.")
    if not target.parent.is_dir():
        raise UsageError(f"{option}: there is no folder {path.parent}", "Make it first.")
    if not os.access(target if target.exists() else target.parent, os.W_OK):
        raise UsageError(f"{option}: {path} cannot be written", "Name a file that can be.")
    return target


def _flat(groups: list[tuple[str, ...]] | None) -> tuple[str, ...]:
    return tuple(name for group in groups or () for name in group)


def _known(names: tuple[str, ...], where: str) -> None:
    if names:
        from pitstop.reports import explain

        explain.known(names, where)


# --- what comes out --------------------------------------------------------------------------------------------------


def _report(typed: argparse.Namespace, work: Callable[[Progress], Report]) -> int:
    """Do the work, print its report, and return the exit code that the report stands for."""
    from pitstop.reports import outcome, progress

    _writable(typed.output, "--output")
    shown = progress.choose(sys.stderr, quiet=typed.quiet, color=_colored(typed.color, sys.stderr))
    try:
        with shown:
            report = work(shown)
    except (Exception, KeyboardInterrupt) as stop:
        known: Report | None = getattr(stop, "report", None)
        if known is None:
            raise
        _publish(known, typed)
        if not isinstance(stop, KeyboardInterrupt):
            raise
        _say("interrupted; the report holds what was known by then")
        return FOUND if known.findings else INTERRUPTED
    _publish(report, typed)
    return 0 if outcome.is_green(report) else FOUND


def _publish(report: Report, typed: argparse.Namespace) -> None:
    from importlib import import_module

    if typed.format == "terminal":
        from pitstop.reports import terminal

        stream = None if typed.output else sys.stdout
        text = terminal.render(report, width=_width(stream), color=_colored(typed.color, stream))
    else:
        text = import_module(f"pitstop.reports.{typed.format}").render(report)
    if typed.output is None:
        _write(text)
        return
    try:
        _replace(typed.output, text)
    except OSError as error:
        _write(text)
        raise UsageError(
            f"--output: {typed.output} cannot be written: {error.strerror}",
            "The report went to standard output.",
        ) from None


def _replace(path: Path, text: str) -> None:
    """Write the file whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(text, "utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        # Who reads has seen enough; the work is done, and its exit code stands.
        _close_pipe()


def _close_pipe() -> None:
    """Keep the interpreter from flushing into the closed pipe when it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _colored(choice: str, stream: TextIO | None) -> bool:
    if choice != "auto":
        return choice == "always"
    if stream is None or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def _width(stream: TextIO | None) -> int:
    """The terminal's width within what reads well; where there is none, what fits a log."""
    import shutil

    if stream is None or not stream.isatty():
        return 120
    return max(40, min(shutil.get_terminal_size().columns, 160))


def _say(message: str, hint: str = "") -> None:
    with suppress(OSError):
        sys.stderr.write(f"pitstop: {message}\n" + (f"  {hint}\n" if hint else ""))
        sys.stderr.flush()


def _say_own_fault(error: BaseException) -> None:
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
    _say(
        f"the traceback is in {kept.name}",
        "Please report it: open an issue where you got pitstop from, say what you ran, and attach that file.",
    )


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Being told to end is like Ctrl-C: what was started is stopped, what is known is said."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread, which alone may say so
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
