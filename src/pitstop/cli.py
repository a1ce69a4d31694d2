"""One function a verb; the only place that catches errors and sets exit codes.

Nothing heavy is imported here: each verb imports what it needs when it runs, so that `--help` answers at once.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pitstop import options, output
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

    def inspect(
        self,
        root: Path,
        settings: Settings,
        progress: Progress,
        *,
        update: bool,
        prune: bool,
        effects: bool,
    ) -> Report: ...

    def measure(
        self,
        root: Path,
        settings: Settings,
        progress: Progress,
        *,
        record: Path | None,
        compare: str | None,
        flame: Path | None,
        cases: int | None,
        serving: tuple[float, float] | None,
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
        cases: int | None,
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
        output.say("interrupted")
        return INTERRUPTED
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


# --- verbs -----------------------------------------------------------------------------------------------------------


def _inspect(typed: argparse.Namespace) -> int:
    root, settings = _root(typed.path), _settings(typed)
    if typed.update_baseline and typed.prune_baseline:
        raise UsageError(
            "--update-baseline and --prune-baseline exclude each other", "An update prunes as well."
        )
    return _report(
        typed,
        lambda progress: _pipeline().inspect(
            root,
            settings,
            progress,
            update=typed.update_baseline,
            prune=typed.prune_baseline,
            effects=typed.coverage,
        ),
    )


def _measure(typed: argparse.Namespace) -> int:
    root, settings = _root(typed.path), _settings(typed)
    record, flame = _writable(typed.record, "--record"), _writable(typed.flame, "--flame")
    cases, serving = _cases(typed), _serving(typed, settings)
    return _report(
        typed,
        lambda progress: _pipeline().measure(
            root,
            settings,
            progress,
            record=record,
            compare=typed.compare,
            flame=flame,
            cases=cases,
            serving=serving,
        ),
    )


def _tune(typed: argparse.Namespace) -> int:
    root, settings = _root(typed.path), _settings(typed)
    if typed.branch and typed.path == "." and Path(typed.branch).is_dir():
        raise UsageError(
            f"--branch took `{typed.branch}` for the name of the branch",
            f"Write the folder first: `pitstop tune {typed.branch} --branch`.",
        )
    only = _flat(typed.only)
    _known(only, "--only", domains=False)
    patches = typed.patches.absolute() if typed.patches else None
    if patches is not None and patches.exists() and not patches.is_dir():
        raise UsageError(
            f"--patches: {typed.patches} is not a folder", "Name a folder; it is made if need be."
        )
    cases = _cases(typed)
    return _report(
        typed,
        lambda progress: _pipeline().tune(
            root,
            settings,
            progress,
            apply=typed.apply,
            branch=typed.branch,
            patches=patches,
            only=only,
            cases=cases,
        ),
    )


def _explain(typed: argparse.Namespace) -> int:
    from pitstop.reports import explain

    if typed.name is None:
        output.write(explain.listing())
        return 0
    page = explain.page(typed.name)
    if output.colored(typed.color, sys.stdout):
        page = explain.render(page, width=output.width(sys.stdout))
    output.write(page)
    return 0


def _undo(typed: argparse.Namespace) -> int:
    said = _pipeline().undo(_root(typed.path), typed.id)
    output.write(said if said.endswith("\n") else said + "\n")
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
        "baseline": _absolute(getattr(typed, "baseline", None)),
        "requests": _requests(getattr(typed, "requests", None)),
    }
    settings = override(settings, given)
    _known(settings.select, "select")
    _known(settings.ignore, "ignore")
    for pattern, names in settings.per_path_ignore.items():
        _known(names, f"per-path-ignore `{pattern}`")
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


def _absolute(path: Path | None) -> str | None:
    return str(path.absolute()) if path is not None else None


def _requests(path: Path | None) -> str | None:
    if path is None:
        return None
    if not path.is_file():
        raise UsageError(f"--requests: there is no file {path}", "`pitstop measure --record FILE` makes one.")
    return str(path.absolute())


def _cases(typed: argparse.Namespace) -> int | None:
    """How many requests are made for each route; None where none are to be made."""
    if not typed.generate:
        return None
    if typed.requests is not None:
        raise UsageError("--requests and --generate exclude each other", "Give one of them.")
    if not 1 <= typed.cases <= 1000:
        raise UsageError(f"--cases: {typed.cases} requests for a route", "Give a number from 1 to 1000.")
    return int(typed.cases)


def _serving(typed: argparse.Namespace, settings: Settings) -> tuple[float, float] | None:
    """Requests a second (0 for none besides) and for how many seconds; None where the app is not to be served."""
    if not typed.serve and typed.rate is None:
        return None
    if not typed.generate and not settings.requests:
        raise UsageError(
            "--serve needs requests to send, which tests cannot give",
            "Let pitstop make them (`--generate`), or give recorded ones (`--requests FILE`).",
        )
    rate = 0.0 if typed.rate is None else typed.rate
    if typed.rate is not None and not 0 < rate <= 100_000:
        raise UsageError(f"--rate: {rate:g} requests a second", "Give a number above 0, at most 100000.")
    if not 0 < typed.seconds <= 3600:
        raise UsageError(f"--seconds: {typed.seconds:g}", "Give a number above 0, at most 3600.")
    return rate, typed.seconds


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


def _known(names: tuple[str, ...], where: str, *, domains: bool = True) -> None:
    if names:
        from pitstop.reports import explain

        explain.known(names, where, domains=domains)


# --- what comes out --------------------------------------------------------------------------------------------------


def _report(typed: argparse.Namespace, work: Callable[[Progress], Report]) -> int:
    """Do the work, print its report, and return the exit code that the report stands for."""
    from pitstop.reports import outcome, progress

    _writable(typed.output, "--output")
    shown = progress.choose(sys.stderr, quiet=typed.quiet, color=output.colored(typed.color, sys.stderr))
    try:
        with shown:
            report = work(shown)
    except (Exception, KeyboardInterrupt) as stop:
        known: Report | None = getattr(stop, "report", None)
        if known is None:
            raise
        output.publish(known, typed)
        if not isinstance(stop, KeyboardInterrupt):
            raise
        output.say("interrupted; the report holds what was known by then")
        return FOUND if known.findings else INTERRUPTED
    if "duckdb" not in sys.modules:
        # What was read lives as long as the process: looking it through for garbage takes longer than to print the report.
        # DuckDB's extension, which only traces need, would call what is left at the end a leak.
        gc.freeze()
    output.publish(report, typed)
    return 0 if outcome.is_green(report) else FOUND


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
