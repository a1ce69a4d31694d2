"""The order of the house: read, measure, diagnose, mend, prove, hand over."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pitstop import stages
from pitstop.data import (
    Report,
)
from pitstop.known import Known, baseline_of, telling
from pitstop.project.source import paused_gc

if TYPE_CHECKING:
    from pitstop.proposing.model import Model
    from pitstop.reports.progress import Progress
    from pitstop.settings import Settings


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
        problems = stages.read(known, settings, progress)
        if known.baseline is not None and (update or prune):
            known.rewrite_baseline(problems, settings, update=update)
        if effects and known.project is not None:
            from pitstop.project.coverage import coverage

            progress.step("what each route may do")
            known.coverage = coverage(known.project)
        if known.findings:
            known.next = f"pitstop tune {stages.shown(root)}"
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
        problems = stages.read(known, settings, progress)
        target = stages.discover(
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
        stages.diagnose(
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
        known.next = f"pitstop tune {stages.shown(root)}"
    return known.report()


def diagnose(
    root: Path, settings: Settings, progress: Progress, *, complaint: str, cases: int | None
) -> Report:
    """Turn a complaint into a plan, measure what it asks for, and answer: what was seen, what explains it, and what to ask back."""
    known = Known(root)
    with telling(known):
        from pitstop import diagnosing, measuring
        from pitstop.complaints import understood
        from pitstop.target.workspace import Workspace
        from pitstop.traces.merging import summaries
        from pitstop.workload.chosen import workloads_of
        from pitstop.workload.drive import require

        problems = stages.read(known, settings, progress)
        assert known.project is not None
        served = known.project.routes.served
        meant = understood(complaint, served)
        progress.step(
            f"about {', '.join(meant.routes[:3]) or 'no route that is recognised'}: {', '.join(meant.symptoms)}"
        )
        target = stages.discover(known, settings, progress, tests=cases is None and not settings.recordings)
        given = workloads_of(settings, target, cases)
        progress.phase("copy")
        with Workspace(root) as workspace:
            known.skipped += workspace.skipped
            measured = measuring.measure(
                known, settings, progress, given, workspace, None, memory=False, rows=None
            )
        known.workloads = summaries(measured.parts)
        made_up = next((part.run for part in measured.parts if part.kind == "generated"), None)
        stages.diagnose(known, measured.driven.run, problems, settings, made_up=made_up)
        require(measured.driven.ending)
        diagnosing.answer(known, meant, settings, served)
        known.next = f"pitstop tune {stages.shown(root)}" if known.findings else ""
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
    again: bool = False,
    with_tests: bool = False,
    model: Model | None = None,
) -> Report:
    """The whole road: find, mend in a copy, prove each repair on its own, and hand over those that passed. `again` tries also repairs that
    were dropped before for the same cause, `with_tests` gives those that passed a regression test where one can be had; `model` is asked where pitstop has no repair."""
    known = Known(root)
    with telling(known):
        problems = stages.read(known, settings, progress)
        from pitstop.patching.handover import BRANCH, check_places

        branch = BRANCH if branch == "" else branch
        check_places(root, apply=apply, branch=branch, patches=patches)
        target = stages.discover(known, settings, progress, tests=cases is None and not settings.recordings)
        from pitstop import measuring
        from pitstop.dropped import Memory
        from pitstop.mending import Mending
        from pitstop.target.workspace import Workspace
        from pitstop.workload.chosen import workloads_of
        from pitstop.workload.shortcomings import require_use

        (given,) = workloads_of(settings, target, cases)
        progress.phase("copy")
        with Workspace(root) as workspace:
            known.skipped += workspace.skipped
            memory = Memory(root, workspace.path, settings, cases)
            with (
                measuring.repeatable(known, settings, progress, given.workload, workspace) as workload,
                stages.prover(known, settings, progress, workload, workspace) as prover,
            ):
                progress.phase("measure", 2)
                run = prover.baseline()
                measuring.check(known, run, settings, progress)
                if cases is not None or settings.recordings:
                    # Tests may well have databases of their own.
                    require_use(run, prover.database(), workspace.root / target.start)
                known.weigh(run, settings, lambda text: progress.step(text, 0))
                # What takes the time before a handler runs is seen by phases alone.
                looked_at = prover.looked_at or run
                made_up = looked_at if cases is not None else None
                stages.diagnose(known, looked_at, problems, settings, made_up=made_up)
                todo = [f for f in known.findings if not only or f.problem in only]
                progress.phase("mend and prove", len(todo))
                proposer = stages.proposer(model, root, settings, progress)
                mending = Mending(
                    prover,
                    problems,
                    known,
                    progress.step,
                    exclude=settings.exclude,
                    decisions=settings.decide,
                    dropped={} if again else memory.reasons,
                    proposer=proposer,
                )
                try:
                    try:
                        mending.mend(todo)
                    finally:
                        if proposer is not None:
                            known.consulted = proposer.consulted
                            known.skipped += proposer.skipped
                except (Exception, KeyboardInterrupt):
                    with suppress(OSError):  # as below: what was judged by now need not be judged again
                        memory.keep(known.patches, known.verdicts)
                    stages.cut_short(known, todo, progress, patches)
                    raise
                if with_tests:
                    stages.guard(known, progress, prover, run)
        with suppress(OSError):  # the next run tries them again, that is all
            memory.keep(known.patches, known.verdicts)
        stages.hand_over(known, progress, apply=apply, branch=branch, patches=patches)
    return known.report()


def prove(
    root: Path,
    settings: Settings,
    progress: Progress,
    *,
    commits: tuple[str, str] | None,
    patch: Path | None,
    cases: int | None,
    tests: tuple[str, ...] = (),
    command: tuple[str, ...] = (),
) -> Report:
    """Say of a change whether the service answers as before, and what else it costs: from one commit to another, a patch file, or else
    what is not committed. `tests` are the node ids of those that are to be run, if not all; `command` is what asks for all of it."""
    known = Known(root)
    with telling(known):
        from pitstop import measuring, proving
        from pitstop.patching import changesets
        from pitstop.target.workspace import Workspace
        from pitstop.workload.chosen import workloads_of
        from pitstop.workload.model import Tests

        progress.phase("read")
        if commits is not None:
            change = changesets.between(root, *commits)
        elif patch is not None:
            change = changesets.of_patch(root, patch)
        else:
            change = changesets.not_committed(root)
        target = stages.discover(known, settings, progress, tests=cases is None and not settings.recordings)
        suite = target.tests
        folders = tuple(f"{suite.cwd}/{each}" for each in suite.arguments) if suite is not None else ()
        wanted = proving.patch_of(change, folders)
        known.skipped += proving.not_looked_at(change, folders)
        (given,) = workloads_of(settings, target, cases)
        asked = Tests(selection=tests) if tests else given.workload
        progress.phase("copy")
        with Workspace(root) as workspace:
            known.skipped += workspace.skipped
            workspace.write(change.base)
            with (
                measuring.repeatable(known, settings, progress, asked, workspace) as workload,
                stages.prover(known, settings, progress, workload, workspace, times_all=True) as prover,
            ):
                progress.phase("measure", 2)
                measuring.check(known, prover.baseline(), settings, progress)
                progress.phase("prove", 1)
                known.patches.append(wanted)
                known.verdicts.append(proving.with_commands(prover.prove(wanted), command))
    return known.report()


def review(
    root: Path,
    settings: Settings,
    progress: Progress,
    *,
    named: tuple[str, str] | None,
    only_read: bool,
) -> Report:
    """Say what a change brings: what reading both versions shows, and what breaks clients, by the documents that both make of themselves.

    `named` are base and head, see `reviewing.versions`. With `only_read` nothing of the service is run.
    """
    known = Known(root)
    with telling(known):
        from pitstop import reviewing

        progress.phase("read the change")
        with reviewing.versions(root, named) as pair:
            reviewing.review(known, pair, settings, progress)
            if not only_read and any(each.path.endswith(".py") for each in pair.change.changes):
                reviewing.drift(known, pair, settings, progress)
    return known.report()


def contract(
    root: Path, settings: Settings, progress: Progress, *, named: tuple[str, str], are_commits: bool
) -> Report:
    """Say what changed between two OpenAPI documents: files, or with `are_commits` what the service of two commits makes of itself."""
    known = Known(root)
    with telling(known):
        from pitstop import contracting

        progress.phase("read")
        if are_commits:
            from pitstop.patching import changesets
            from pitstop.target.workspace import Workspace

            change = changesets.between(root, *named)
            known.skipped += change.left_out
            stages.discover(known, settings, progress, tests=False)
            progress.phase("copy")
            with Workspace(root) as workspace:
                known.skipped += workspace.skipped
                documents = contracting.of_commits(known, settings, progress, change, workspace)
        else:
            documents = contracting.read(root, named[0]), contracting.read(root, named[1])
        known.contract = contracting.compared(named, documents)
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
        stages.discover(known, settings, progress, tests=False)
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
