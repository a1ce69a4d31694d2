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
from pitstop.errors import PitstopError, TargetError, UsageError
from pitstop.problems import Problem, diagnosis
from pitstop.project import Project, read

if TYPE_CHECKING:
    from pitstop.reports.progress import Progress
    from pitstop.settings import Settings
    from pitstop.target.model import Target
    from pitstop.target.servers import PrivateServers
    from pitstop.target.sides import Database
    from pitstop.target.workspace import Workspace
    from pitstop.traces.records import Run
    from pitstop.workload.databases import Elsewhere
    from pitstop.workload.model import Driven, Workload

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
    """Comments that ignore nothing, as far as is known by then: what only traces show counts once there are any."""
    found: list[Finding] = field(default_factory=list)
    """What reading showed, before any comment was asked."""
    next: str = ""

    def proved(self) -> list[Patch]:
        """The patches that passed, in the order in which they go on top of each other."""
        passed = {verdict.patch for verdict in self.verdicts if isinstance(verdict, Proved)}
        return [patch for patch in self.patches if patch.id in passed]

    def report(self) -> Report:
        project, target = self.project, self.target
        apps = [project.routes.served_as(app) for app in project.routes.apps] if project is not None else []
        return Report(
            tool=Tool(name="pitstop", version=__version__),
            project=ProjectSummary(
                app=target.app.command
                if target is not None and target.app is not None
                else ", ".join(apps[:3]),
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
        from pitstop.workload.recorded import sendable

        progress.phase("copy")
        with sendable(given) as workload, Workspace(root) as workspace:
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
        from pitstop.proof.prover import Prover
        from pitstop.target.workspace import Workspace
        from pitstop.workload.recorded import sendable

        progress.phase("copy")
        with sendable(given) as workload, Workspace(root) as workspace:
            known.skipped += workspace.skipped
            with Prover(
                target,
                workload,
                workspace,
                timeout_s=settings.timeout_s,
                launches=settings.launches,
                database=_given(settings),
                elsewhere=_elsewhere(known, settings),
                allowed=("sqlite",),
                environment=_environment(settings),
                on_progress=lambda text: progress.step(text, 0),
            ) as prover:
                progress.phase("measure", 2)
                run = prover.baseline()
                _check_run(known, run, settings)
                _diagnose(known, run, problems)
                todo = [f for f in known.findings if not only or f.problem in only]
                progress.phase("mend and prove", len(todo))
                mending = Mending(prover, problems, known, progress.step, exclude=settings.exclude)
                try:
                    mending.mend(todo)
                except (Exception, KeyboardInterrupt):
                    _cut_short(known, todo, progress, patches)
                    raise
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
    _settle(known, known.found, problems, measured=False)
    return problems


def _settle(known: _Known, found: list[Finding], problems: tuple[Problem, ...], *, measured: bool) -> None:
    """Make these the findings of the report, but for those that a comment tells us to ignore."""
    assert known.project is not None
    kept, known.unused = diagnosis.without_ignored(
        known.project, diagnosis.merge(found), problems, measured=measured
    )
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


def _run(
    known: _Known,
    settings: Settings,
    progress: Progress,
    target: Target,
    workload: Workload,
    workspace: Workspace,
) -> Run:
    """One run on the app's own clock, for figures as they are."""
    from pitstop.workload.databases import Databases
    from pitstop.workload.drive import ProbeSettings, start

    progress.phase("measure")
    folder = workspace.root / target.folder
    elsewhere = _elsewhere(known, settings)
    with Databases(
        _given(settings), folder, environment=_environment(settings), elsewhere=elsewhere
    ) as databases:

        def once() -> Driven:
            ready = databases.prepare("measured")
            probe = ProbeSettings(databases=databases.allowed(("sqlite",)), replayable=True, plans=True)
            return start(
                workload, target, workspace.path, probe, environment=ready.environment, database=ready.url
            ).wait(
                timeout=settings.timeout_s,
                on_progress=lambda now: progress.step(
                    f"{now.tests} tests, {now.requests} requests {now.label}", 0
                ),
            )

        run = databases.first(once, lambda text: progress.step(text, 0))
    _check_run(known, run, settings)
    return run


def _given(settings: Settings) -> Database | None:
    from pitstop.target.sides import Database

    if not settings.database:
        return None
    return Database(url=settings.database, allow_remote=settings.allow_remote_database)


def _elsewhere(known: _Known, settings: Settings) -> Elsewhere:
    """Servers of the versions' own, for tests that fail because they name databases past the URL they are given."""
    from pitstop.workload.databases import servers_for

    def decide(run: Run) -> PrivateServers | None:
        target = known.target
        assert target is not None
        servers = servers_for(
            run,
            target,
            _given(settings),
            _environment(settings),
            lambda reason: known.skipped.append(Skipped(stage="measure", subject="database", reason=reason)),
        )
        if servers is not None:
            said = f"{target.found['database']}; its tests name others, so each version has a PostgreSQL server of its own"
            known.target = msgspec.structs.replace(target, found={**target.found, "database": said})
        return servers

    return decide


def _check_run(known: _Known, run: Run, settings: Settings) -> None:
    from pitstop.workload.shortcomings import require_answers, shortcomings

    known.skipped += shortcomings(run)
    require_answers(run, given=bool(settings.database))


def _diagnose(known: _Known, run: Run, problems: tuple[Problem, ...], *, only_measured: bool = False) -> None:
    from pitstop.traces.store import Traces
    from pitstop.traces.summary import summarise

    project = known.project
    assert project is not None
    with Traces.load(run) as traces:
        known.routes = summarise(traces)
        found, skipped = diagnosis.detect(traces, project, problems)
        standing, refuted = diagnosis.refuted([*known.found, *found], traces, project, problems)
    known.skipped += [*skipped, *refuted]
    _settle(known, standing, problems, measured=True)
    if only_measured:
        measured = {finding.id for finding in found}
        known.findings = tuple(finding for finding in known.findings if finding.id in measured)


def _hand_over(
    known: _Known, progress: Progress, *, apply: bool, branch: str | None, patches: Path | None
) -> None:
    """Give the proved patches to the user."""
    from pitstop.patching.handover import hand_over

    kept = known.proved()
    if kept:
        progress.phase("hand over")
    following, missing = hand_over(known.root, kept, apply=apply, branch=branch, folder=patches)
    known.next = following or known.next
    if missing:
        known.skipped.append(Skipped(stage="hand over", subject="patch files", reason=missing))


def _cut_short(known: _Known, todo: list[Finding], progress: Progress, patches: Path | None) -> None:
    """Keep what was proved by then as files: the tree and a branch get the repairs of a whole run, or none."""
    judged = {each.finding for each in (*known.verdicts, *known.declined)}
    left = sum(finding.id not in judged for finding in todo)
    reason = f"the run was cut short: {left} of {len(todo)} findings were not mended and judged"
    if known.proved():
        reason += "; what was proved by then is in patch files"
    known.skipped.append(Skipped(stage="mend and prove", subject="repairs", reason=reason))
    if known.proved():
        try:
            _hand_over(known, progress, apply=False, branch=None, patches=patches)
        except PitstopError as error:
            known.skipped.append(Skipped(stage="hand over", subject="patch files", reason=error.message))


def _shown(path: Path) -> str:
    from pitstop.patching.handover import shown

    return shown(path)
