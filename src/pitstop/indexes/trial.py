"""Trials on two clones that are alike: what statements cost without an index, and what with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import fmean, median, quantiles

from pitstop.indexes.candidates import Candidate, Proposal, ddl
from pitstop.indexes.catalogue import Catalogue, Table, shown
from pitstop.indexes.engines import Deadline, Engine, TooLate
from pitstop.indexes.parsing import Parsed
from pitstop.trials import StatementTrial
from pitstop.values import Value

HELPS = 2.0
"""An index is kept if it makes a statement this many times better, in work and in time."""
FELT_MS = 1.0
"""What a statement has to be spared in a whole run: a single request takes about as long by itself on loopback."""
SELECTIVE = 4.0
"""Where so many times less is left to do, what is saved grows with the table, however small it is by now. An index on a
column of few values takes the same share of the work from a table of any size."""
PAIRS = 5
MORE_PAIRS = 12
_QUICK_RUNS = 3
_ROUNDS = 5
_MORE_WORK = 1.1
_MORE_TIME = 1.5
_MOST_TIMES_SLOWER = 10.0
_LEAST_PATIENCE_S = 2.0
_SHARE_OF_A_BUILDING = 0.25


class Statement:
    """A statement under trial, with what it costs on the clone without the index on trial."""

    def __init__(self, parsed: Parsed, work: float, ms: float) -> None:
        self.parsed = parsed
        self.work = work
        self.ms = ms

    @property
    def weight(self) -> float:
        """ms of the whole workload."""
        return self.ms * self.parsed.asked.count

    def reads(self, tables: Iterable[Table]) -> bool:
        """Whether it names one of the tables."""
        return any(table.name.lower() in self.parsed.tables for table in tables)


class Built(Value, frozen=True, kw_only=True):
    """An index as it was built on a clone."""

    candidate: Candidate
    name: str
    ddl: str
    columns: tuple[str, ...]
    build_ms: float
    size_bytes: int


class Outcome(Value, frozen=True, kw_only=True):
    """What a proposal did: the statements that use it, those of them that it helps or slows, and ms that the workload is spared."""

    proposal: Proposal
    built: tuple[Built, ...]
    uses: tuple[StatementTrial, ...] = ()
    helped: tuple[str, ...] = ()
    slowed: tuple[str, ...] = ()
    saved_ms: float = 0.0
    is_ruinous: bool = False
    """With it a statement took so long that it was stopped."""

    @property
    def keys(self) -> int:
        """How many columns its indexes hold."""
        return sum(len(candidate.keys) for candidate in self.proposal)


class Bench:
    """The two clones, and how statements are measured on them."""

    def __init__(
        self,
        without: Engine,
        having: Engine,
        catalogue: Catalogue,
        statements: Sequence[Statement],
        deadline: Deadline,
    ) -> None:
        self.without = without
        self.having = having
        self.catalogue = catalogue
        self.statements = statements
        self.deadline = deadline
        self.built: dict[str, Built] = {}

    def build(self, proposal: Proposal, engine: Engine) -> tuple[Built, ...]:
        """Build the indexes of a proposal on one clone.

        Raises Refused, and TooLate also where only a building takes more than its share of the time that is left; then
        none of them is there.
        """
        made: list[Built] = []
        begun: list[tuple[str, Table]] = []
        try:
            for candidate in proposal:
                taken = [*self.built, *(each.name for each in made)]
                name, statement = ddl(candidate, self.catalogue, taken)
                begun.append((name, candidate.table))
                with self.deadline.at_most(self.deadline.left * _SHARE_OF_A_BUILDING):
                    ms, size = engine.create(name, statement, candidate.table)
                columns = tuple(shown(key, self.catalogue) for key in candidate.keys)
                made.append(
                    Built(
                        candidate=candidate,
                        name=name,
                        ddl=statement,
                        columns=columns,
                        build_ms=ms,
                        size_bytes=size,
                    )
                )
        except BaseException:
            if not self.deadline.is_over:
                for name, table in begun:
                    engine.drop(name, table)
            raise
        return tuple(made)

    def remove(self, built: Iterable[Built], engine: Engine) -> None:
        """Drop indexes on one clone; when the time is up they go with the clone."""
        if not self.deadline.is_over:
            for each in built:
                engine.drop(each.name, each.candidate.table)

    def using(self, built: Sequence[Built]) -> list[Statement]:
        """The statements whose plan, for one of their executions, has one of the indexes."""
        names = {each.name for each in built}
        tables = [each.candidate.table for each in built]
        return [
            statement
            for statement in self.statements
            if statement.reads(tables)
            and any(
                names & self.having.indexes_used(statement.parsed, values)
                for values in statement.parsed.executions
            )
        ]

    def screen(self, proposal: Proposal) -> Outcome:
        """Build a proposal, see what it does to the work of each statement, and drop it. Raises as `build`."""
        built = self.build(proposal, self.having)
        try:
            uses: list[StatementTrial] = []
            for statement in self.using(built):
                patience = max(_LEAST_PATIENCE_S, statement.ms * _MOST_TIMES_SLOWER / 1000)
                try:
                    with self.deadline.at_most(patience):
                        after_work = work(self.having, statement.parsed)
                        after = run(self.having, statement.parsed)
                except TooLate:
                    if self.deadline.is_over:
                        raise
                    return Outcome(proposal=proposal, built=built, uses=tuple(uses), is_ruinous=True)
                uses.append(self._trial(statement, statement.ms, after, after_work))
            return _outcome(proposal, built, uses, _expected)
        finally:
            self.remove(built, self.having)

    def confirm(self, proposal: Proposal) -> Outcome:
        """Build a proposal and time the statements that use it in turns, without and with it. The indexes stay."""
        built = self.build(proposal, self.having)
        try:
            uses = []
            for statement in self.using(built):
                statement.work = work(self.without, statement.parsed)
                after_work = work(self.having, statement.parsed)
                before, after = self.pairs(statement.parsed, seems_better=is_less(statement.work, after_work))
                statement.ms = before
                uses.append(self._trial(statement, before, after, after_work))
            return _outcome(proposal, built, uses, _measured)
        except BaseException:
            self.remove(built, self.having)
            raise

    def pairs(self, parsed: Parsed, *, seems_better: bool) -> tuple[float, float]:
        """The medians of runs in turns, without and with: whatever mood the machine is in meets both alike.

        Where the clock does not see what the counter says, there are more of them, and the lower quartiles count: what
        disturbs a run on a busy machine only ever adds to it.
        """
        runs = [(run(self.without, parsed), run(self.having, parsed)) for _ in range(PAIRS)]
        before, after = median(one for one, _ in runs), median(other for _, other in runs)
        if is_less(before, after) or not seems_better:
            return before, after
        runs += [(run(self.without, parsed), run(self.having, parsed)) for _ in range(MORE_PAIRS)]
        return quantiles((one for one, _ in runs), n=4)[0], quantiles((other for _, other in runs), n=4)[0]

    def insertion(self, table: Table) -> tuple[float | None, float | None]:
        """µs to put in one row, without and with the index: the best of some rounds in turns, for all else is disturbance."""
        runs = [(self.without.insertion(table), self.having.insertion(table)) for _ in range(_ROUNDS)]
        for engine in (self.without, self.having):
            engine.tidy(table)
        before = [one for one, _ in runs if one is not None]
        after = [other for _, other in runs if other is not None]
        return (min(before), min(after)) if before and after else (None, None)

    def _trial(self, statement: Statement, before: float, after: float, after_work: float) -> StatementTrial:
        asked = statement.parsed.asked
        return StatementTrial(
            statement=statement.parsed.shape,
            count=asked.count,
            routes=asked.routes,
            before_ms=before,
            after_ms=after,
            before_work=statement.work,
            after_work=after_work,
        )


def work(engine: Engine, parsed: Parsed) -> float:
    """What the database counts for the statement: the mean of its executions."""
    return fmean(engine.work(parsed, values) for values in parsed.executions)


def run(engine: Engine, parsed: Parsed) -> float:
    """ms of the statement: the mean of its executions."""
    return fmean(engine.run(parsed, values) for values in parsed.executions)


def quick(engine: Engine, parsed: Parsed) -> float:
    """ms of the statement, the best of a few runs: enough to put candidates in order."""
    return min(run(engine, parsed) for _ in range(_QUICK_RUNS))


def helps(trial: StatementTrial) -> bool:
    """Whether a statement is at least twice as good, in what the database counts and by the clock, and so that it matters."""
    return is_less_work(trial) and is_less(trial.before_ms, trial.after_ms) and _is_felt(trial)


def _is_felt(trial: StatementTrial) -> bool:
    return _measured(trial) * trial.count >= FELT_MS or trial.before_work >= SELECTIVE * trial.after_work


def is_less_work(trial: StatementTrial) -> bool:
    """Whether the database counts at most half for a statement."""
    return is_less(trial.before_work, trial.after_work)


def _is_slower(trial: StatementTrial) -> bool:
    """Whether a statement got worse by either measure: rows fetched in an index's order cost time that no counter shows."""
    if is_less_work(trial):
        return False
    return trial.after_work > _MORE_WORK * trial.before_work or trial.after_ms > _MORE_TIME * trial.before_ms


def is_less(before: float, after: float) -> bool:
    """Whether a figure is at most half of what it was."""
    return before >= HELPS * after


def _measured(trial: StatementTrial) -> float:
    return trial.before_ms - trial.after_ms


def _expected(trial: StatementTrial) -> float:
    """ms saved if time went by work: unlike one or two runs by the clock it puts candidates in the same order each time."""
    return trial.before_ms * (1 - trial.after_work / max(trial.before_work, 1.0))


def _outcome(
    proposal: Proposal,
    built: tuple[Built, ...],
    uses: list[StatementTrial],
    saved: Callable[[StatementTrial], float],
) -> Outcome:
    # Where neither is clear, what the clock says is noise, which many executions would make much of.
    slowed = [trial for trial in uses if _is_slower(trial)]
    counted = slowed + [trial for trial in uses if is_less_work(trial)]
    return Outcome(
        proposal=proposal,
        built=built,
        uses=tuple(uses),
        helped=tuple(trial.statement for trial in uses if helps(trial)),
        slowed=tuple(trial.statement for trial in slowed),
        saved_ms=sum(saved(trial) * trial.count for trial in counted),
    )
