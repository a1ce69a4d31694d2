"""The order of the house: read, measure, diagnose, mend, prove, hand over."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pitstop import __version__
from pitstop.data import (
    Declined,
    Finding,
    Patch,
    ProjectSummary,
    Proved,
    Report,
    RouteSummary,
    Skipped,
    Tool,
    Verdict,
)
from pitstop.errors import TargetError, UsageError
from pitstop.problems import Problem, diagnosis
from pitstop.project import Project, read

if TYPE_CHECKING:
    from pitstop.reports.progress import Progress
    from pitstop.settings import Settings
    from pitstop.target.model import Target
    from pitstop.target.workspace import Workspace
    from pitstop.traces.records import Run
    from pitstop.workload.model import Workload

_SURROUNDINGS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE}
"""What the system refuses for reasons that lie outside of pitstop."""


@dataclass
class _Known:
    """What is known so far; a report can be made of it at any moment."""

    root: Path
    project: Project | None = None
    target: Target | None = None
    findings: tuple[Finding, ...] = ()
    routes: tuple[RouteSummary, ...] = ()
    patches: list[Patch] = field(default_factory=list)
    declined: list[Declined] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    unused: list[Skipped] = field(default_factory=list)
    """Comments that ignore nothing; known for good only when the service was measured."""
    found: list[Finding] = field(default_factory=list)
    """What reading showed, before any comment was asked."""
    next: str = ""

    def report(self) -> Report:
        project, target = self.project, self.target
        apps = [router.identity for router in project.routes.apps] if project is not None else []
        return Report(
            tool=Tool(name="pitstop", version=__version__),
            project=ProjectSummary(
                app=target.app.spec if target is not None and target.app is not None else ", ".join(apps[:3]),
                routes=sum(r.kind == "route" for r in project.routes.all) if project is not None else 0,
                files=len(project.files) if project is not None else 0,
                lines=project.lines if project is not None else 0,
                found=target.found if target is not None else {},
            ),
            findings=self.findings,
            routes=self.routes,
            patches=tuple(self.patches),
            declined=tuple(self.declined),
            verdicts=tuple(self.verdicts),
            skipped=tuple(dict.fromkeys([*self.skipped, *self.unused])),
            next=self.next,
        )


@contextmanager
def _telling(known: _Known) -> Iterator[None]:
    """Lets an error or an interruption carry the report of what is known by then."""
    try:
        try:
            yield
        except OSError as error:
            if error.errno not in _SURROUNDINGS:
                raise
            raise TargetError(
                f"{error.filename or tempfile.gettempdir()}: {error.strerror}",
                "pitstop works in copies: it needs room in the temporary folder (TMPDIR) and files it may read.",
            ) from error
    except (Exception, KeyboardInterrupt) as stop:
        stop.report = known.report()  # type: ignore[union-attr] # read by cli; see Pipeline there
        raise


# --- verbs -----------------------------------------------------------------------------------------------------------


def inspect(root: Path, settings: Settings, progress: Progress) -> Report:
    """Read the code and say what is wrong. Nothing of the service is run."""
    known = _Known(root)
    with _telling(known):
        _read(known, settings, progress)
        if known.findings:
            known.next = f"pitstop tune {_shown(root)}"
    return known.report()


def measure(root: Path, settings: Settings, progress: Progress, *, record: Path | None) -> Report:
    """Run the service's tests, or recorded requests, with the probe inside, and say what each route costs."""
    known = _Known(root)
    with _telling(known):
        problems = _read(known, settings, progress)
        target, given = _discover(known, settings, progress)
        from pitstop.target.workspace import Workspace

        progress.phase("copy")
        with _sendable(given) as workload, Workspace(root) as workspace:
            known.skipped += workspace.skipped
            run = _run(known, settings, progress, target, workload, workspace)
        _diagnose(known, run, problems, only_measured=True)
        if record is not None:
            from pitstop.workload.recorded import from_run, write_requests

            requests, left_out = from_run(run)
            write_requests(record, requests)
            known.skipped += left_out
        known.next = f"pitstop tune {_shown(root)}"
    return known.report()


def tune(
    root: Path,
    settings: Settings,
    progress: Progress,
    *,
    apply: bool,
    branch: str | None,
    patches: Path | None,
    only: tuple[str, ...],
) -> Report:
    """The whole road: find, mend in a copy, prove each repair on its own, and hand over those that passed."""
    known = _Known(root)
    with _telling(known):
        problems = _read(known, settings, progress)
        from pitstop.patching.handover import BRANCH, check_places

        branch = BRANCH if branch == "" else branch
        check_places(root, apply=apply, branch=branch, patches=patches)
        target, given = _discover(known, settings, progress)
        from pitstop.mending import Mending
        from pitstop.proof.prover import Database, Prover
        from pitstop.target.workspace import Workspace

        progress.phase("copy")
        with _sendable(given) as workload, Workspace(root) as workspace:
            known.skipped += workspace.skipped
            database = None
            if settings.database:
                database = Database(url=settings.database, allow_remote=settings.allow_remote_database)
            with Prover(
                target,
                workload,
                workspace,
                timeout_s=settings.timeout_s,
                launches=settings.launches,
                database=database,
                allowed=("sqlite",),
                environment=_environment(settings),
                on_progress=lambda text: progress.step(text, 0),
            ) as prover:
                progress.phase("measure", 2)
                run = prover.baseline()
                _check_run(known, run, has_database=bool(settings.database))
                _diagnose(known, run, problems)
                todo = [f for f in known.findings if not only or f.problem in only]
                progress.phase("mend and prove", len(todo))
                mending = Mending(prover, problems, known, progress.step, exclude=settings.exclude)
                mending.mend(todo)
        _hand_over(known, progress, apply=apply, branch=branch, patches=patches)
    return known.report()


def undo(root: Path, patch: str | None) -> str:
    """Take applied patches back out of the user's tree, and say which."""
    from pitstop.patching.handover import not_ours
    from pitstop.patching.undo import undo as take_back

    with not_ours():
        return "".join(f"took back {each.patch}: {each.title}\n" for each in take_back(root, patch))


# --- stages ----------------------------------------------------------------------------------------------------------


def _read(known: _Known, settings: Settings, progress: Progress) -> tuple[Problem, ...]:
    progress.phase("read")
    problems = diagnosis.chosen(settings.select, settings.ignore)
    project = known.project = read(known.root, exclude=settings.exclude)
    known.skipped += project.skipped
    if not project.files:
        raise UsageError(f"there is no Python file in {known.root}", "Give the folder of the service.")
    progress.step(f"{len(project.files)} files, {project.lines} lines")
    known.found, skipped = diagnosis.read(project, problems)
    known.skipped += skipped
    _settle(known, known.found, problems)
    return problems


def _settle(known: _Known, found: list[Finding], problems: tuple[Problem, ...]) -> None:
    """Make these the findings of the report, but for those that a comment tells us to ignore."""
    assert known.project is not None
    kept, known.unused = diagnosis.without_ignored(known.project, diagnosis.merge(found), problems)
    known.findings = diagnosis.rank(kept)


def _discover(known: _Known, settings: Settings, progress: Progress) -> tuple[Target, Workload]:
    from pitstop.target.discover import discover as find_target
    from pitstop.workload.model import Replay, Tests

    progress.phase("discover")
    target = known.target = find_target(
        known.root,
        app=settings.app or None,
        python=Path(settings.python) if settings.python else None,
        tests=settings.tests or None,
        environment=_environment(settings),
    )
    if settings.database_env:
        from pitstop.target.model import DatabaseVariable

        variable = DatabaseVariable(name=settings.database_env, where="the settings")
        target = known.target = msgspec.structs.replace(target, databases=(variable,))
    known.skipped += target.skipped
    if settings.requests:
        return target, Replay(requests=known.root / settings.requests)
    if target.tests is None:
        raise TargetError(
            f"there is nothing to make the service answer requests: {target.found['tests']}",
            "Name its tests (`--tests PATH`), or record requests and give them (`--requests FILE`). "
            "`pitstop inspect` needs neither.",
        )
    return target, Tests()


def _environment(settings: Settings) -> dict[str, str]:
    """What the service runs in: our own environment, and what the settings add."""
    return {**os.environ, **settings.environment}


@contextmanager
def _sendable(workload: Workload) -> Iterator[Workload]:
    """The workload in a form that can be run: requests are read, whatever their format, before anything is started."""
    from pitstop.workload.model import Replay
    from pitstop.workload.recorded import read_requests, write_requests

    if not isinstance(workload, Replay):
        yield workload
        return
    requests = read_requests(workload.requests)
    if not requests:
        raise UsageError(
            f"there is no request in {workload.requests}",
            "`pitstop measure --record FILE` makes such a file.",
        )
    with tempfile.TemporaryDirectory(prefix="pitstop-") as folder:
        path = Path(folder, "requests.jsonl")
        write_requests(path, requests)
        yield Replay(requests=path)


def _run(
    known: _Known,
    settings: Settings,
    progress: Progress,
    target: Target,
    workload: Workload,
    workspace: Workspace,
) -> Run:
    """One run on the app's own clock, for figures as they are."""
    from contextlib import ExitStack

    from pitstop.target.database import DatabaseCopy
    from pitstop.workload.drive import ProbeSettings, drive

    progress.phase("measure")
    with ExitStack() as stack:
        url = None
        if settings.database:
            copy = DatabaseCopy(
                settings.database,
                folder=workspace.root / target.folder,
                allow_remote=settings.allow_remote_database,
            )
            url = stack.enter_context(copy).url
        probe = ProbeSettings(databases=("sqlite", *((url,) if url else ())), replayable=True)
        run = drive(
            workload,
            target,
            workspace.path,
            probe,
            timeout=settings.timeout_s,
            on_progress=lambda now: progress.step(
                f"{now.tests} tests, {now.requests} requests {now.label}", 0
            ),
            environment=_environment(settings),
            database=url,
        )
    _check_run(known, run, has_database=bool(settings.database))
    return run


def _check_run(known: _Known, run: Run, *, has_database: bool) -> None:
    """Say what the run could not do. Raises TargetError when no request was answered."""
    known.skipped += run.skipped
    for refused in run.refused[:1]:
        reason = "the tests tried to connect to it, and it is not a copy; give one with `--database URL`"
        known.skipped.append(Skipped(stage="measure", subject=refused.address, reason=reason))
    for fault in run.faults[:3]:
        known.skipped.append(Skipped(stage="measure", subject=f"probe, {fault.where}", reason=fault.error))
    for dropped in run.dropped:
        reason = (
            f"{dropped.requests} requests and {dropped.statements} statements were not kept: {dropped.why}"
        )
        known.skipped.append(Skipped(stage="measure", subject="trace", reason=reason))
    failed = [test for test in run.tests if test.outcome in {"failed", "error"}]
    if failed:
        names = ", ".join(test.id for test in failed[:3])
        reason = f"{len(failed)} of {len(run.tests)} tests fail before anything is changed: {names}"
        known.skipped.append(Skipped(stage="measure", subject="tests", reason=reason))
    if not run.exchanges:
        if run.refused:
            raise TargetError(
                f"the service wants the database {run.refused[0].address}, which is not known to be a copy",
                "Its tests name a database of their own, so the versions to compare would share it. Let them take the "
                "name from the setting that `--database` fills; `pitstop inspect` needs no database."
                if has_database
                else "Give the URL of a copy, or of a database that pitstop may clone: `--database URL`.",
            )
        first = next((t.message for t in failed if t.message), "")
        raise TargetError(
            "the service was asked nothing: no test sent a request that it answered",
            f"The first failure: {first}" if first else "Check `--app` and `--tests`.",
        )


def _diagnose(known: _Known, run: Run, problems: tuple[Problem, ...], *, only_measured: bool = False) -> None:
    from pitstop.traces.store import Traces
    from pitstop.traces.summary import summarise

    project = known.project
    assert project is not None
    with Traces.load(run) as traces:
        known.routes = summarise(traces)
        found, skipped = diagnosis.detect(traces, project, problems)
    known.skipped += skipped
    _settle(known, [*known.found, *found], problems)
    if only_measured:
        measured = {finding.id for finding in found}
        known.findings = tuple(finding for finding in known.findings if finding.id in measured)


def _hand_over(
    known: _Known, progress: Progress, *, apply: bool, branch: str | None, patches: Path | None
) -> None:
    """Give the proved patches to the user: as files, on a branch, or applied."""
    proved = {verdict.patch for verdict in known.verdicts if isinstance(verdict, Proved)}
    kept = [patch for patch in known.patches if patch.id in proved]
    if not kept:
        return
    progress.phase("hand over")
    from pitstop.patching import handover

    if patches is not None or not (apply or branch is not None):
        try:
            known.next = handover.to_files(known.root, kept, patches)
        except UsageError as error:
            if patches is not None:
                raise
            # nobody asked for the folder, and the report holds the patches
            known.skipped.append(Skipped(stage="hand over", subject="patch files", reason=error.message))
            known.next = f"pitstop tune {_shown(known.root)} --patches FOLDER"
    if branch is not None:
        known.next = handover.to_branch(known.root, branch, kept)
    if apply:
        known.next = handover.to_tree(known.root, kept)


def _shown(path: Path) -> str:
    from pitstop.patching.handover import shown

    return shown(path)
