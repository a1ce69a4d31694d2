"""What a run knows so far, and the report that can be made of it at any moment."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pitstop import __version__
from pitstop.budgets import Spent, is_meant
from pitstop.consulted import Consulted
from pitstop.data import (
    Coverage,
    Declined,
    Finding,
    KnownFindings,
    Patch,
    ProjectSummary,
    Report,
    Skipped,
    Tool,
)
from pitstop.diagnoses import Diagnosis
from pitstop.errors import TargetError
from pitstop.measures import (
    CacheSummary,
    ConnectionSummary,
    FileReads,
    FilledDatabase,
    Growth,
    MeasuredRun,
    PoolSummary,
    RouteCoverage,
    RouteMemory,
    RouteSummary,
    ServedRun,
    Traffic,
    Waterfall,
    WorkloadSummary,
)
from pitstop.pictures import Check, Flame, StatementPlan
from pitstop.problems import Problem, checklists, diagnosis
from pitstop.problems.baseline import FILE, Baseline, load
from pitstop.problems.excerpts import excerpts
from pitstop.problems.reading import NOTHING, Reading
from pitstop.project import Project
from pitstop.promises import ContractComparison
from pitstop.reviews import Review
from pitstop.trials import Advice
from pitstop.verdicts import Proved, Verdict

if TYPE_CHECKING:
    from pitstop.settings import Settings
    from pitstop.target.model import Target
    from pitstop.traces.records import Run
    from pitstop.traces.store import Traces

_SURROUNDINGS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE}
"""What the system refuses for reasons that lie outside of pitstop."""


@dataclass
class Known:
    """What is known so far; a report can be made of it at any moment."""

    root: Path
    project: Project | None = None
    reading: Reading = NOTHING
    target: Target | None = None
    findings: tuple[Finding, ...] = ()
    routes: tuple[RouteSummary, ...] = ()
    connections: tuple[ConnectionSummary, ...] = ()
    patches: list[Patch] = field(default_factory=list)
    declined: list[Declined] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    baseline: Baseline | None = None
    left_out: KnownFindings | None = None
    coverage: Coverage | None = None
    problems: tuple[Problem, ...] = ()
    """Those that were looked for; `settled` is all that was found of them, before it was told that only a part is wanted."""
    settled: tuple[Finding, ...] = ()
    unused: list[Skipped] = field(default_factory=list)
    """Comments that ignore nothing, as far as is known by then: what only traces show counts once there are any."""
    found: list[Finding] = field(default_factory=list)
    """What reading showed, before any comment was asked."""
    slowest: tuple[Waterfall, ...] = ()
    budgets: tuple[Spent, ...] = ()
    flames: tuple[Flame, ...] = ()
    plans: tuple[StatementPlan, ...] = ()
    files: tuple[FileReads, ...] = ()
    caches: tuple[CacheSummary, ...] = ()
    pools: tuple[PoolSummary, ...] = ()
    memory: tuple[RouteMemory, ...] | None = None
    run: str = ""
    compared: MeasuredRun | None = None
    compared_unlike: tuple[str, ...] = ()
    route_coverage: RouteCoverage | None = None
    indexes: Advice | None = None
    filled: FilledDatabase | None = None
    contract: ContractComparison | None = None
    growth: Growth | None = None
    review: Review | None = None
    diagnosis: Diagnosis | None = None
    served: tuple[ServedRun, ...] = ()
    workloads: tuple[WorkloadSummary, ...] = ()
    traffic: Traffic | None = None
    consulted: Consulted | None = None
    next: str = ""

    @property
    def app(self) -> str:
        """The app as it is named, `module:name`; empty where none was found."""
        return self.target.app.spec if self.target is not None and self.target.app is not None else ""

    def settle(
        self, found: list[Finding], problems: tuple[Problem, ...], settings: Settings, *, measured: bool
    ) -> None:
        """Make these the findings of the report, but for those that a comment, a setting or the baseline leaves out."""
        assert self.project is not None
        merged = diagnosis.with_choices(diagnosis.merge(found))
        wanted = diagnosis.without_paths(merged, settings.per_path_ignore)
        kept, self.unused = diagnosis.without_ignored(self.project, wanted, problems, measured=measured)
        self.findings = diagnosis.rank(kept, self.traffic.answered() if self.traffic is not None else None)
        if self.baseline is not None:
            names = {problem.name for problem in problems}
            self.findings, self.left_out = self.baseline.without_known(self.findings, names)
        self.problems, self.settled = problems, tuple(kept)

    def take_figures(self, run: Run, traces: Traces) -> None:
        """Take over what a run measured of routes, connections, files, caches and pools; `traces` holds that run."""
        from pitstop.traces.caches import caches_used
        from pitstop.traces.connections import connections
        from pitstop.traces.files import files_read
        from pitstop.traces.flame import flames
        from pitstop.traces.phases import untold
        from pitstop.traces.plans import plans
        from pitstop.traces.pools import pools_used
        from pitstop.traces.summary import summarise
        from pitstop.traces.waterfall import slowest

        self.routes, self.connections, self.files = summarise(traces), connections(traces), files_read(traces)
        self.caches = caches_used(run, traces)
        self.slowest, self.flames, self.plans = slowest(traces), flames(traces), plans(traces)
        if self.traffic is not None:
            asked = self.traffic.answered()
            self.routes = tuple(sorted(self.routes, key=lambda each: -each.p50_ms * asked.get(each.route, 0)))
        serving = self.project.deployment.serving if self.project is not None else None
        self.pools = pools_used(traces, serving.workers, serving.path) if serving else pools_used(traces)
        if missing := untold(run):
            reason = f"more happened in {missing} of them than is kept of one; the means are of the others"
            self.skipped.append(Skipped(stage="measure", subject="phases of requests", reason=reason))

    def spend(self, traces: Traces, settings: Settings) -> None:
        """Take over what requests took of the budgets of the settings, and say which of those nothing was asked of."""
        from pitstop.traces.spending import spending

        assert self.project is not None
        handlers = {
            route.name: (route.function.location.path, route.function.location.line)
            for route in self.project.routes.all
        }
        self.budgets = spending(traces, settings.budgets, handlers)
        asked = {each.route for each in self.routes}
        for key in settings.budgets:
            if not any(is_meant(route, key) for route in asked):
                known = any(is_meant(route, key) for route in handlers)
                reason = "no request asked it" if known else "the service has no such route"
                self.skipped.append(Skipped(stage="measure", subject=f"budget of {key}", reason=reason))

    def weigh(self, run: Run, settings: Settings, on_progress: Callable[[str], None]) -> None:
        """Take over what the access log of the settings, if it names one, says of the routes of a run. Raises UsageError."""
        if not settings.access_log:
            return
        from pitstop.traces.access_log import traffic
        from pitstop.traces.templates import templates_of

        assert self.project is not None
        templates = templates_of(run, self.app, self.project.routes.served)
        called = frozenset(exchange.endpoint for exchange in run.exchanges)
        self.traffic = traffic(
            [self.root / path for path in settings.access_logs], templates, called, on_progress
        )
        if self.indexes is not None:
            from pitstop.indexes.weighing import weighed

            self.indexes = weighed(self.indexes, run, self.traffic)

    def rewrite_baseline(self, problems: tuple[Problem, ...], settings: Settings, *, update: bool) -> None:
        """Make all that was read the baseline, or only take out of it what was read no more."""
        old, self.baseline = self.baseline, None
        assert old is not None
        self.settle(self.found, problems, settings, measured=False)
        names = {problem.name for problem in problems}
        self.baseline = old.updated(self.findings, names) if update else old.pruned(self.findings, names)
        self.baseline.write()
        self.settle(self.found, problems, settings, measured=False)

    def proved(self) -> list[Patch]:
        """The patches that passed, in the order in which they go on top of each other."""
        passed = {verdict.patch for verdict in self.verdicts if isinstance(verdict, Proved)}
        return [patch for patch in self.patches if patch.id in passed]

    def report(self) -> Report:
        project, target, reading = self.project, self.target, self.reading
        report = Report(
            tool=Tool(name="pitstop", version=__version__),
            project=ProjectSummary(
                app=target.app.command
                if target is not None and target.app is not None
                else ", ".join(reading.apps[:3]),
                routes=reading.routes,
                files=len(project.files) if project is not None else 0,
                lines=project.lines if project is not None else 0,
                found=target.found if target is not None else {},
                folder=_folder(self.root),
            ),
            findings=self.findings,
            routes=self.routes,
            connections=self.connections,
            patches=tuple(self.patches),
            declined=tuple(self.declined),
            verdicts=tuple(self.verdicts),
            skipped=tuple(dict.fromkeys([*self.skipped, *self.unused])),
            known=self.left_out,
            coverage=self.coverage,
            slowest=self.slowest,
            files=self.files,
            caches=self.caches,
            pools=self.pools,
            memory=self.memory,
            run=self.run,
            compared=self.compared,
            compared_unlike=self.compared_unlike,
            route_coverage=self.route_coverage,
            indexes=self.indexes,
            filled=self.filled,
            contract=self.contract,
            growth=self.growth,
            review=self.review,
            diagnosis=self.diagnosis,
            served=self.served,
            workloads=self.workloads,
            traffic=self.traffic,
            consulted=self.consulted,
            excerpts=tuple(excerpts(self.findings, project)) if project is not None else (),
            budgets=self.budgets,
            flames=self.flames,
            plans=self.plans,
            next=self.next,
        )
        return msgspec.structs.replace(report, checks=tuple(self._checks(report)))

    def _checks(self, report: Report) -> Iterator[Check]:
        yield from checklists.before_merging(report, self.settled)
        if report.review is not None:
            yield from checklists.of_review(report)
        elif self.problems:
            yield from checklists.before_deploying(
                report, self.settled, self.problems, measured=bool(self.routes)
            )


def baseline_of(root: Path, settings: Settings, *, update: bool = False) -> Baseline | None:
    """The known findings: of the file that is named, else of the usual one if it is there or to be made."""
    path = root / (settings.baseline or FILE)
    if path.exists() or (settings.baseline and not update):
        return load(path)
    return Baseline(path) if update else None


def _folder(root: Path) -> str:
    """Where in its git repository a project lies; empty where that is the root, or there is none."""
    top = next((each for each in (root, *root.parents) if (each / ".git").exists()), root)
    return "" if top == root else root.relative_to(top).as_posix()


@contextmanager
def telling(known: Known) -> Iterator[None]:
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
