"""One function a verb: what was typed goes to the pipeline, and its report where it is wanted.

Nothing heavy is imported here: each verb imports what it needs when it runs, so that `--help` answers at once.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pitstop import given, output
from pitstop.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from pitstop.data import Report
    from pitstop.proposing.model import Model
    from pitstop.reports.progress import Progress
    from pitstop.settings import Settings

FOUND = 1
INTERRUPTED = 130


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
        rows: int | None,
        memory: bool,
        tests_too: bool,
    ) -> Report: ...

    def diagnose(
        self, root: Path, settings: Settings, progress: Progress, *, complaint: str, cases: int | None
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
        again: bool,
        with_tests: bool,
        model: Model | None,
    ) -> Report: ...

    def prove(
        self,
        root: Path,
        settings: Settings,
        progress: Progress,
        *,
        commits: tuple[str, str] | None,
        patch: Path | None,
        cases: int | None,
        tests: tuple[str, ...],
        command: tuple[str, ...],
    ) -> Report: ...

    def review(
        self,
        root: Path,
        settings: Settings,
        progress: Progress,
        *,
        named: tuple[str, str] | None,
        only_read: bool,
    ) -> Report: ...

    def contract(
        self, root: Path, settings: Settings, progress: Progress, *, named: tuple[str, str], are_commits: bool
    ) -> Report: ...

    def populate(
        self,
        root: Path,
        settings: Settings,
        progress: Progress,
        *,
        rows: int,
        grow: Mapping[str, int],
        to: Path | None,
    ) -> Report: ...

    def undo(self, root: Path, patch: str | None) -> str: ...


# --- verbs -----------------------------------------------------------------------------------------------------------


def _inspect(typed: argparse.Namespace) -> int:
    root, settings = given.root_of(typed.path), given.settings_of(typed)
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
    root, settings = given.root_of(typed.path), given.settings_of(typed)
    record, flame = given.writable(typed.record, "--record"), given.writable(typed.flame, "--flame")
    cases, serving, rows = (
        given.cases_of(typed),
        given.serving_of(typed, settings),
        given.rows_of(typed, settings),
    )
    memory = given.memory_of(typed)
    given.check_budgets(typed, settings)
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
            rows=rows,
            memory=memory,
            tests_too=given.tests_too(typed),
        ),
    )


def _diagnose(typed: argparse.Namespace) -> int:
    root, settings = given.root_of(typed.path), given.settings_of(typed)
    cases = given.cases_of(typed)
    given.check_one_workload(typed, settings)
    if not typed.complaint.strip() or Path(typed.complaint).is_dir():
        raise UsageError(
            "`pitstop diagnose` takes a complaint in words",
            "For example: pitstop diagnose 'GET /orders is slow'; the project's folder is `--path`.",
        )
    return _report(
        typed,
        lambda progress: _pipeline().diagnose(
            root, settings, progress, complaint=typed.complaint, cases=cases
        ),
    )


def _tune(typed: argparse.Namespace) -> int:
    root, settings = given.root_of(typed.path), given.settings_of(typed)
    if typed.branch and typed.path == "." and Path(typed.branch).is_dir():
        raise UsageError(
            f"--branch took `{typed.branch}` for the name of the branch",
            f"Write the folder first: `pitstop tune {typed.branch} --branch`.",
        )
    only = given.flat(typed.only)
    given.known_names(only, "--only", domains=False)
    patches = typed.patches.absolute() if typed.patches else None
    if patches is not None and patches.exists() and not patches.is_dir():
        raise UsageError(
            f"--patches: {typed.patches} is not a folder", "Name a folder; it is made if need be."
        )
    cases = given.cases_of(typed)
    given.check_one_workload(typed, settings)
    given.check_tests_wanted(typed, settings)
    with given.model_of(settings) as model:
        if model is not None:
            output.say(model.notice)
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
                again=typed.again,
                with_tests=typed.with_tests,
                model=model,
            ),
        )


def _prove(typed: argparse.Namespace) -> int:
    root, settings = given.root_of(typed.path), given.settings_of(typed)
    commits, patch, cases = given.commits_of(typed), given.patch_of(typed), given.cases_of(typed)
    tests = given.only_tests_of(typed, settings)
    given.check_one_workload(typed, settings)
    return _report(
        typed,
        lambda progress: _pipeline().prove(
            root,
            settings,
            progress,
            commits=commits,
            patch=patch,
            cases=cases,
            tests=tests,
            command=tuple(given.proving_again(typed)),
        ),
    )


def _review(typed: argparse.Namespace) -> int:
    root, settings = given.root_of(typed.path), given.settings_of(typed)
    named, adr = given.reviewed_of(typed), given.writable(typed.adr, "--adr")

    def work(progress: Progress) -> Report:
        report = _pipeline().review(root, settings, progress, named=named, only_read=typed.only_read)
        if adr is not None:
            from pitstop.reports.adr import draft

            output.write_beside(adr, draft(report), "--adr")
        return report

    return _report(typed, work)


def _contract(typed: argparse.Namespace) -> int:
    root, settings = given.root_of(typed.path), given.settings_of(typed)
    named, are_commits = given.documents_of(typed)
    return _report(
        typed,
        lambda progress: _pipeline().contract(root, settings, progress, named=named, are_commits=are_commits),
    )


def _populate(typed: argparse.Namespace) -> int:
    root, settings = given.root_of(typed.path), given.settings_of(typed)
    rows, grow, to = given.filled_of(typed)
    return _report(
        typed,
        lambda progress: _pipeline().populate(root, settings, progress, rows=rows, grow=grow, to=to),
    )


def _record(typed: argparse.Namespace) -> int:
    from pitstop import recording
    from pitstop.reports import progress
    from pitstop.reports.layout import clean
    from pitstop.reports.recording import text_of

    root, out = given.root_of(typed.path), given.writable(typed.out, "--out")
    assert out is not None
    shown = progress.choose(sys.stderr, quiet=typed.quiet, color=output.colored(typed.color, sys.stderr))
    with shown:
        recorded = recording.record(
            root,
            shown,
            to=typed.to,
            port=typed.listen,
            out=out,
            allow_remote=typed.allow_remote_target,
            say=output.say,
        )
    output.write(clean(text_of(recorded, typed.path)))
    return 0 if recorded.passed.requests else FOUND


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
    said = _pipeline().undo(given.root_of(typed.path), typed.id)
    output.write(said if said.endswith("\n") else said + "\n")
    return 0


BY_NAME: dict[str, Callable[[argparse.Namespace], int]] = {
    "inspect": _inspect,
    "measure": _measure,
    "diagnose": _diagnose,
    "tune": _tune,
    "prove": _prove,
    "review": _review,
    "contract": _contract,
    "record": _record,
    "populate": _populate,
    "explain": _explain,
    "undo": _undo,
}


def _pipeline() -> Pipeline:
    from pitstop import pipeline

    return pipeline


# --- what comes out --------------------------------------------------------------------------------------------------


def _report(typed: argparse.Namespace, work: Callable[[Progress], Report]) -> int:
    """Do the work, print its report, and return the exit code that the report stands for."""
    from pitstop.reports import outcome, progress

    given.writable(typed.output, "--output")
    for _, path in typed.report or ():
        given.writable(path, "--report")
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
    is_well = outcome.is_within if typed.verb == "measure" and typed.check else outcome.is_green
    return 0 if is_well(report) else FOUND
