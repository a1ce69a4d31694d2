"""What verbs have in common: the code read, the service found, a run diagnosed, what was proved handed over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from pitstop.data import Finding, Skipped
from pitstop.errors import PitstopError, UsageError
from pitstop.known import Known
from pitstop.problems import Problem, diagnosis
from pitstop.problems.reading import read as read_by_rules
from pitstop.project import cache_folder
from pitstop.project import read as read_project

if TYPE_CHECKING:
    from pitstop.proof.prover import Prover
    from pitstop.proposing.model import Model
    from pitstop.proposing.proposer import Proposer
    from pitstop.reports.progress import Progress
    from pitstop.settings import Settings
    from pitstop.target.model import Target
    from pitstop.target.workspace import Workspace
    from pitstop.traces.records import Run
    from pitstop.traces.store import Traces
    from pitstop.workload.model import Workload


def read(known: Known, settings: Settings, progress: Progress) -> tuple[Problem, ...]:
    progress.phase("read")
    problems = diagnosis.chosen(settings.select, settings.ignore)
    project = known.project = read_project(known.root, exclude=settings.exclude)
    known.skipped += project.skipped
    if not project.files:
        raise UsageError(f"there is no Python file in {known.root}", "Give the folder of the service.")
    progress.step(f"{len(project.files)} files, {project.lines} lines")
    known.reading, skipped = read_by_rules(project, problems, cache_folder())
    known.found = [finding for found in known.reading.findings.values() for finding in found]
    known.skipped += skipped
    known.settle(known.found, problems, settings, measured=False)
    return problems


def discover(known: Known, settings: Settings, progress: Progress, *, tests: bool) -> Target:
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


def prover(
    known: Known,
    settings: Settings,
    progress: Progress,
    workload: Workload,
    workspace: Workspace,
    *,
    times_all: bool = False,
) -> Prover:
    """What proves patches of the service in a workspace."""
    from pitstop import running, surroundings
    from pitstop.proof.prover import Prover

    assert known.target is not None
    return Prover(
        known.target,
        workload,
        workspace,
        timeout_s=settings.timeout_s,
        launches=settings.launches,
        database=surroundings.copied_database(settings, known.target, workspace),
        elsewhere=surroundings.elsewhere(known, settings),
        tables=running.tables(known, settings, progress, workload),
        allowed=("sqlite",),
        environment=surroundings.environment_of(settings),
        times_all=times_all,
        watched={finding.location.path for finding in known.findings},
        on_progress=lambda text: progress.step(text, 0),
    )


def proposer(model: Model | None, root: Path, settings: Settings, progress: Progress) -> Proposer | None:
    """Who proposes repairs where pitstop has none; nobody, where no model was named."""
    if model is None:
        return None
    from pitstop.proposing.proposer import Proposer, secrets_of

    login = settings.login
    given = [*settings.environment.values(), settings.database, urlsplit(settings.database).password or ""]
    if login is not None:
        given += [*login.form.values(), *login.headers.values(), *map(str, login.json.values())]
    secrets = secrets_of(root, given)
    return Proposer(model, settings.llm_questions, secrets, lambda text: progress.step(text, 0))


def diagnose(
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
        if only_measured and settings.budgets:
            known.spend(traces, settings)
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


def guard(known: Known, progress: Progress, prover: Prover, first: Run) -> None:
    """Give the proved repairs regression tests; one of pitstop's own faults there costs none of them."""
    from pitstop.guarding import guard_repairs

    assert known.target is not None
    assert known.target.tests is not None
    progress.phase("write tests", len(known.proved()))
    try:
        guard_repairs(prover, known, first, known.target.tests, progress.step)
    except PitstopError as error:
        known.skipped.append(Skipped(stage="tests", subject="regression tests", reason=error.message))


def hand_over(
    known: Known, progress: Progress, *, apply: bool, branch: str | None, patches: Path | None
) -> None:
    """Give the proved patches to the user."""
    from pitstop.patching.handover import hand_over as hand_on

    kept = known.proved()
    if kept:
        progress.phase("hand over")
    following, missing = hand_on(known.root, kept, apply=apply, branch=branch, folder=patches)
    known.next = following or known.next
    if missing:
        known.skipped.append(Skipped(stage="hand over", subject="patch files", reason=missing))


def cut_short(known: Known, todo: list[Finding], progress: Progress, patches: Path | None) -> None:
    """Keep what was proved by then as files: the tree and a branch get the repairs of a whole run, or none."""
    judged = {each.finding for each in (*known.verdicts, *known.declined)}
    left = sum(finding.id not in judged for finding in todo)
    reason = f"the run was cut short: {left} of {len(todo)} findings were not mended and judged"
    if known.proved():
        reason += "; what was proved by then is in patch files"
    known.skipped.append(Skipped(stage="mend and prove", subject="repairs", reason=reason))
    if known.proved():
        try:
            hand_over(known, progress, apply=False, branch=None, patches=patches)
        except PitstopError as error:
            known.skipped.append(Skipped(stage="hand over", subject="patch files", reason=error.message))


def shown(path: Path) -> str:
    from pitstop.patching.handover import shown as spelled

    return spelled(path)
