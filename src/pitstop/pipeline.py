"""The order of the house: read, measure, diagnose, mend, prove, hand over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import (
    Finding,
    Report,
    Skipped,
)
from pitstop.errors import PitstopError, UsageError
from pitstop.known import Known, baseline_of, telling
from pitstop.problems import Problem, diagnosis
from pitstop.problems.reading import read as read_by_rules
from pitstop.project import cache_folder, read
from pitstop.project.source import paused_gc

if TYPE_CHECKING:
    from pitstop.reports.progress import Progress
    from pitstop.settings import Settings
    from pitstop.target.model import Target
    from pitstop.traces.records import Run
    from pitstop.traces.store import Traces

# --- verbs -----------------------------------------------------------------------------------------------------------


def inspect(
    root: Path,
    settings: Settings,
    progress: Progress,
    *,
    update: bool = False,
    prune: bool = False,
    effects: bool = False,
) -> Report:
    """Read the code and say what is wrong. Nothing of the service is run.

    `update` makes all that is found the new baseline, `prune` takes out of it what is found no more. With `effects` the
    report also says what each route may do.
    """
    known = Known(root)
    # Between the stages as well: the first collection after one would look through all that it made.
    with telling(known), paused_gc():
        known.baseline = baseline_of(root, settings, update=update)
        problems = _read(known, settings, progress)
        if known.baseline is not None and (update or prune):
            known.rewrite_baseline(problems, settings, update=update)
        if effects and known.project is not None:
            from pitstop.project.coverage import coverage

            progress.step("what each route may do")
            known.coverage = coverage(known.project)
        if known.findings:
            known.next = f"pitstop tune {_shown(root)}"
    return known.report()


def measure(
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
) -> Report:
    """Run the service's tests, recorded or generated requests with the probe inside, and say what each route costs.

    The figures are kept; `compare` names the run, or the report, that they are to be seen beside. `flame` is a file for flame
    graphs. `cases` asks for generated requests, about so many for each route. With `serving` the app runs under uvicorn, and
    what reads is sent besides so many times a second (0: not at all) for so many seconds. With `rows` the tables are filled, and
    the same requests are sent with a tenth of it as well, to show what grows.
    With `memory` it is also measured what requests allocate; the times are no good then, and the figures are not kept.
    With `tests_too` the tests run beside recorded or generated requests.
    """
    known = Known(root)
    with telling(known):
        from pitstop import runs

        known.compared = runs.find(root, compare) if compare is not None else None
        known.baseline = baseline_of(root, settings)
        problems = _read(known, settings, progress)
        target = _discover(
            known, settings, progress, tests=tests_too or (cases is None and not settings.recordings)
        )
        from pitstop import measuring
        from pitstop.target.workspace import Workspace
        from pitstop.traces.asked import route_coverage
        from pitstop.traces.merging import summaries
        from pitstop.workload.chosen import workloads_of
        from pitstop.workload.drive import require

        given = workloads_of(settings, target, cases, tests_too=tests_too)
        progress.phase("copy")
        with Workspace(root) as workspace:
            known.skipped += workspace.skipped
            measured = measuring.measure(
                known, settings, progress, given, workspace, serving, memory=memory, rows=rows
            )
        parts, run, small = measured.parts, measured.driven.run, measured.small
        known.workloads = summaries(parts)
        known.route_coverage = route_coverage(run, known.app) if known.app else None
        known.weigh(run, settings, lambda text: progress.step(text, 0))
        beside = (small, (rows // 10, rows)) if small is not None and rows is not None else None
        _diagnose(
            known,
            run,
            problems,
            settings,
            made_up=next((part.run for part in parts if part.kind == "generated"), None),
            only_measured=True,
            flame=flame,
            beside=beside,
        )
        require(measured.driven.ending)  # the report has the figures of the part that ran
        if memory:
            from pitstop.traces.memory import allocated

            known.memory = allocated(run)
        else:
            if known.compared is not None:
                known.compared_unlike = runs.unlike(known.compared, known.workloads, rows)
            known.run, lost = runs.try_to_keep(root, known.routes, known.workloads, rows)
            known.skipped += lost
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
    cases: int | None,
) -> Report:
    """The whole road: find, mend in a copy, prove each repair on its own, and hand over those that passed."""
    known = Known(root)
    with telling(known):
        problems = _read(known, settings, progress)
        from pitstop.patching.handover import BRANCH, check_places

        branch = BRANCH if branch == "" else branch
        check_places(root, apply=apply, branch=branch, patches=patches)
        target = _discover(known, settings, progress, tests=cases is None and not settings.recordings)
        from pitstop import measuring, running, surroundings
        from pitstop.mending import Mending
        from pitstop.proof.prover import Prover
        from pitstop.target.workspace import Workspace
        from pitstop.workload.chosen import workloads_of
        from pitstop.workload.shortcomings import require_use

        (given,) = workloads_of(settings, target, cases)
        progress.phase("copy")
        with (
            Workspace(root) as workspace,
            measuring.repeatable(known, settings, progress, given.workload, workspace) as workload,
        ):
            known.skipped += workspace.skipped
            with Prover(
                target,
                workload,
                workspace,
                timeout_s=settings.timeout_s,
                launches=settings.launches,
                database=surroundings.copied_database(settings, target, workspace),
                elsewhere=surroundings.elsewhere(known, settings),
                tables=running.tables(known, settings, progress, workload),
                allowed=("sqlite",),
                environment=surroundings.environment_of(settings),
                on_progress=lambda text: progress.step(text, 0),
            ) as prover:
                progress.phase("measure", 2)
                run = prover.baseline()
                measuring.check(known, run, settings)
                if cases is not None or settings.recordings:
                    # Tests may well have databases of their own.
                    require_use(run, prover.database(), workspace.root / target.start)
                known.weigh(run, settings, lambda text: progress.step(text, 0))
                _diagnose(known, run, problems, settings, made_up=run if cases is not None else None)
                todo = [f for f in known.findings if not only or f.problem in only]
                progress.phase("mend and prove", len(todo))
                mending = Mending(
                    prover,
                    problems,
                    known,
                    progress.step,
                    exclude=settings.exclude,
                    decisions=settings.decide,
                )
                try:
                    mending.mend(todo)
                except (Exception, KeyboardInterrupt):
                    _cut_short(known, todo, progress, patches)
                    raise
        _hand_over(known, progress, apply=apply, branch=branch, patches=patches)
    return known.report()


def populate(
    root: Path,
    settings: Settings,
    progress: Progress,
    *,
    rows: int,
    grow: Mapping[str, int],
    to: Path | None,
) -> Report:
    """Fill a copy of the service's database until tables that grow have so many rows, and keep it."""
    known = Known(root)
    with telling(known):
        _discover(known, settings, progress, tests=False)
        from pitstop.filling import fill
        from pitstop.target.workspace import Workspace

        progress.phase("copy")
        with Workspace(root) as workspace:
            known.skipped += workspace.skipped
            known.filled = fill(known, settings, progress, workspace, rows=rows, grow=grow, to=to)
    return known.report()


def undo(root: Path, patch: str | None) -> str:
    """Take applied patches back out of the user's tree, and say which."""
    from pitstop.patching.handover import not_ours
    from pitstop.patching.undo import undo as take_back

    with not_ours():
        return "".join(f"took back {each.patch}: {each.title}\n" for each in take_back(root, patch))


# --- stages ----------------------------------------------------------------------------------------------------------


def _read(known: Known, settings: Settings, progress: Progress) -> tuple[Problem, ...]:
    progress.phase("read")
    problems = diagnosis.chosen(settings.select, settings.ignore)
    project = known.project = read(known.root, exclude=settings.exclude)
    known.skipped += project.skipped
    if not project.files:
        raise UsageError(f"there is no Python file in {known.root}", "Give the folder of the service.")
    progress.step(f"{len(project.files)} files, {project.lines} lines")
    known.reading, skipped = read_by_rules(project, problems, cache_folder())
    known.found = [finding for found in known.reading.findings.values() for finding in found]
    known.skipped += skipped
    known.settle(known.found, problems, settings, measured=False)
    return problems


def _discover(known: Known, settings: Settings, progress: Progress, *, tests: bool) -> Target:
    """The service as something that can run; that it has no `tests` is said where they are wanted."""
    from pitstop.surroundings import environment_of
    from pitstop.target.discover import discover as find_target

    progress.phase("discover")
    target = known.target = find_target(
        known.root,
        app=settings.app or None,
        python=Path(settings.python) if settings.python else None,
        tests=settings.tests or None,
        environment=environment_of(settings),
    )
    if settings.database_env:
        from pitstop.target.model import DatabaseVariable

        variable = DatabaseVariable(name=settings.database_env, where="the settings")
        target = known.target = msgspec.structs.replace(target, databases=(variable,))
    known.skipped += [each for each in target.skipped if tests or each.subject != "tests"]
    return target


def _diagnose(
    known: Known,
    run: Run,
    problems: tuple[Problem, ...],
    settings: Settings,
    *,
    made_up: Run | None,
    only_measured: bool = False,
    flame: Path | None = None,
    beside: tuple[Run, tuple[int, int]] | None = None,
) -> None:
    from pitstop.problems.failures import PROBLEM as FAILURE
    from pitstop.problems.failures import failed
    from pitstop.problems.trials import tried
    from pitstop.traces.pairs import growth
    from pitstop.traces.store import Traces

    project = known.project
    assert project is not None
    if made_up is not None and settings.login is None:
        from pitstop.workload.shortcomings import locked_out

        known.skipped += locked_out(made_up, known.app)
    with Traces.load(run) as traces:
        known.take_figures(run, traces)
        if only_measured:
            from pitstop.traces.waterfall import slowest

            known.slowest = slowest(traces)
        if flame is not None:
            from pitstop.traces.flame import flame_graphs

            flame.write_bytes(flame_graphs(traces))
        found, skipped = diagnosis.detect(traces, project, problems)
        if made_up is not None and any(problem.name == FAILURE for problem in problems):
            found += failed(made_up, known.found, project, made_up_rows=beside is not None)
        if beside is not None:
            known.growth = growth(run, *beside)
            found = _grown(known, found, traces, problems, *beside)
        if known.indexes is not None:
            found += tried([*known.found, *found], known.indexes, project)
        standing, refuted = diagnosis.refuted([*known.found, *found], traces, project, problems)
    known.skipped += [*skipped, *refuted]
    known.settle(standing, problems, settings, measured=True)
    if only_measured:
        measured = {finding.id for finding in found}
        known.findings = tuple(finding for finding in known.findings if finding.id in measured)


def _grown(
    known: Known,
    found: list[Finding],
    traces: Traces,
    problems: tuple[Problem, ...],
    small: Run,
    sizes: tuple[int, int],
) -> list[Finding]:
    """What was found, beside what the same requests did with fewer rows, and what only that shows."""
    from pitstop.problems.growth import unseen, with_growth
    from pitstop.traces.store import Traces

    assert known.project is not None
    with Traces.load(small) as fewer:
        found, skipped = with_growth(found, fewer, known.project, problems, sizes[0])
        known.skipped += skipped
        if any(problem.name == "n-plus-one-loop" for problem in problems):
            found += unseen([*known.found, *found], fewer, traces, known.project, sizes)
    return found


def _hand_over(
    known: Known, progress: Progress, *, apply: bool, branch: str | None, patches: Path | None
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


def _cut_short(known: Known, todo: list[Finding], progress: Progress, patches: Path | None) -> None:
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
