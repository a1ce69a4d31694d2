"""Which indexes stay: the one that saves most first, each further one on top of those that are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pitstop.indexes.candidates import Proposal, as_index, ddl
from pitstop.indexes.catalogue import replaces, serves
from pitstop.indexes.engines import Refused, TooLate
from pitstop.indexes.trial import FELT_MS, HELPS, Bench, Built, Outcome, Statement, is_less, is_less_work
from pitstop.trials import IndexAdvice, RejectedIndex, Untried

_SHARE_FOR_SCREENING = 0.5
_NEARLY = 0.9
"""An index with fewer columns is preferred if it saves this share of what the best one saves."""
_AS_GOOD = 1.5
_TIME_IS_UP = "the time for trials was up"


class Choice:
    """The suggestions as they come about."""

    def __init__(self, bench: Bench, budget: float, on_progress: Callable[[str], None]) -> None:
        """`budget` is the seconds that the bench's deadline was set to."""
        self._bench = bench
        self._budget = budget
        self._say = on_progress
        self._kept: list[Outcome] = []
        self._times_kept = 0
        self._rejected: list[RejectedIndex] = []
        self._untried: list[Untried] = []
        self._insertions: dict[int, tuple[float | None, float | None]] = {}

    def make(self, proposals: Sequence[tuple[Proposal, Sequence[Statement]]]) -> None:
        """Try proposals, each with the statements that it is made for."""
        pool = self._screened(proposals)
        while pool:
            before = self._times_kept
            slowing = self._round(pool)
            if self._times_kept == before:
                for outcome in slowing:
                    self._reject(outcome, _why_not(outcome))
                return
            # what a database wrongly takes for want of a better one it may leave alone beside those kept meanwhile
            pool = slowing

    def _round(self, pool: list[Outcome]) -> list[Outcome]:
        """Keep or reject all of the pool but those that help and yet slow others by more, which are returned."""
        slowing: list[Outcome] = []
        while pool:
            chosen = _best(pool)
            pool.remove(chosen)
            if self._is_served(chosen):
                self._reject(chosen, "beside those suggested it is not needed")
                continue
            try:
                outcome = self._timed(chosen)
                if outcome.saved_ms > 0 and outcome.helped:
                    self._keep(outcome)
                else:
                    self._bench.remove(outcome.built, self._bench.having)
            except TooLate:
                self._leave(chosen.proposal, _TIME_IS_UP)
                continue
            except Refused as error:
                self._leave(chosen.proposal, f"the database refused it ({error})")
                continue
            if outcome.saved_ms <= 0 and outcome.helped:
                slowing.append(outcome)
            elif not outcome.helped:
                self._reject(outcome, _why_not(outcome))
            elif not self._made_sparse(outcome):
                for left in (*pool, *slowing):
                    self._leave(left.proposal, _TIME_IS_UP)
                return []
        return slowing

    def _screened(self, proposals: Sequence[tuple[Proposal, Sequence[Statement]]]) -> list[Outcome]:
        pool: list[Outcome] = []
        for number, (proposal, _) in enumerate(proposals, 1):
            if self._bench.deadline.left < self._budget * _SHARE_FOR_SCREENING:
                self._leave(proposal, _TIME_IS_UP)
                continue
            self._say(f"trying index {number} of {len(proposals)}")
            try:
                outcome = self._bench.screen(proposal)
            except TooLate:
                is_over = self._bench.deadline.is_over
                self._leave(
                    proposal, _TIME_IS_UP if is_over else "building it takes too long for the time given"
                )
            except Refused as error:
                self._leave(proposal, f"the database refused it ({error})")
            else:
                if _may_help(outcome):
                    pool.append(outcome)
                else:
                    self._reject(outcome, _why_not(outcome))
        return pool

    def _timed(self, chosen: Outcome) -> Outcome:
        """What timing in turns says of a proposal, whose indexes are built then on the one clone."""
        self._say(f"timing {', '.join(each.ddl for each in chosen.built)}")
        return self._bench.confirm(chosen.proposal)

    def _keep(self, outcome: Outcome) -> None:
        """Have the indexes on both clones from now on. Where that fails they are on neither."""
        bench = self._bench
        try:
            self._insertions[id(outcome)] = bench.insertion(outcome.proposal[0].table)
            bench.build(outcome.proposal, bench.without)
        except BaseException:
            bench.remove(outcome.built, bench.having)
            raise
        self._kept.append(outcome)
        self._times_kept += 1
        self._note(outcome)

    def _is_served(self, chosen: Outcome) -> bool:
        """Whether what is kept by now brings all statements nearly to where this one brought them."""
        now = {statement.parsed.shape: statement.work for statement in self._bench.statements}
        return all(now[t.statement] < HELPS * t.after_work for t in chosen.uses if is_less_work(t))

    def _made_sparse(self, newest: Outcome) -> bool:
        """Give up those kept before that the newest index makes needless: it begins with them, or no plan uses them any more.

        False where that could not be found out and the clones are no more what they were.
        """
        bench = self._bench
        try:
            while (older := self._needless_beside(newest)) is not None:
                for engine in (bench.without, bench.having):
                    bench.remove((*older.built, *newest.built), engine)
                for each in (*older.built, *newest.built):
                    del bench.built[each.name]
                again = bench.confirm(newest.proposal)
                if not _does_as_well(again, older):
                    bench.build(newest.proposal, bench.without)
                    for engine in (bench.without, bench.having):
                        bench.build(older.proposal, engine)
                    self._note(older, newest)
                    return True
                self._insertions[id(again)] = bench.insertion(newest.proposal[0].table)
                bench.build(newest.proposal, bench.without)
                self._kept = [one for one in self._kept if one is not older and one is not newest]
                self._kept.append(again)
                self._reject(older, f"beside {again.built[0].name} it is not needed")
                self._note(again)
                newest = again
        except (TooLate, Refused):
            return False  # what is kept was shown to help, each at its time
        return True

    def _needless_beside(self, newest: Outcome) -> Outcome | None:
        for older in self._kept:
            if older is newest or not {c.table.name for c in older.proposal} & {
                c.table.name for c in newest.proposal
            }:
                continue
            using = {statement.parsed.shape for statement in self._bench.using(older.built)}
            if _begins(older, newest) or not using & set(older.helped):
                return older
        return None

    def _note(self, *outcomes: Outcome) -> None:
        """The indexes are on both clones now; statements are compared with what they cost with them."""
        statements = {statement.parsed.shape: statement for statement in self._bench.statements}
        for outcome in outcomes:
            for each in outcome.built:
                self._bench.built[each.name] = each
            for trial in outcome.uses:
                statement = statements[trial.statement]
                statement.work, statement.ms = trial.after_work, trial.after_ms

    def _reject(self, outcome: Outcome, reason: str) -> None:
        for each in outcome.built:
            self._rejected.append(
                RejectedIndex(
                    table=each.candidate.table.name,
                    columns=each.columns,
                    ddl=each.ddl,
                    reason=reason,
                    statements=outcome.uses,
                )
            )

    def _leave(self, proposal: Proposal, reason: str) -> None:
        for candidate in proposal:
            self._untried.append(Untried(subject=ddl(candidate, self._bench.catalogue)[1], reason=reason))

    @property
    def suggested(self) -> tuple[IndexAdvice, ...]:
        """What is kept, the index that saves most first."""
        found = [advice for outcome in self._kept for advice in self._advice(outcome)]
        return tuple(sorted(found, key=lambda advice: (-advice.saved_ms, advice.ddl)))

    def _advice(self, outcome: Outcome) -> list[IndexAdvice]:
        before, after = self._insertions[id(outcome)]
        return [
            IndexAdvice(
                table=each.candidate.table.name,
                columns=each.columns,
                ddl=each.ddl,
                statements=tuple(trial for trial in outcome.uses if trial.statement in outcome.helped),
                slowed=tuple(trial for trial in outcome.uses if trial.statement in outcome.slowed),
                work_unit=self._bench.having.work_unit,
                size_bytes=each.size_bytes,
                build_ms=each.build_ms,
                # of indexes that help only together each has its part in what they save
                saved_ms=outcome.saved_ms / len(outcome.built),
                insert_us_before=before,
                insert_us_after=after,
                together_with=tuple(other.name for other in outcome.built if other is not each),
                replaces=_replaced(each),
            )
            for each in outcome.built
        ]

    @property
    def rejected(self) -> tuple[RejectedIndex, ...]:
        """What was built and is not suggested."""
        return tuple(self._rejected)

    @property
    def untried(self) -> tuple[Untried, ...]:
        """What could not be tried."""
        return tuple(self._untried)


def _may_help(outcome: Outcome) -> bool:
    """Whether it is worth timing. What it slows by itself it may leave alone beside those that are kept before it."""
    return not outcome.is_ruinous and any(is_less_work(trial) for trial in outcome.uses)


def _does_as_well(longer: Outcome, shorter: Outcome) -> bool:
    """Whether a longer index helps the statements that a shorter one was kept for, and nearly as much."""
    after = {trial.statement: trial.after_work for trial in longer.uses}
    wanted = {trial.statement: trial.after_work for trial in shorter.uses}
    return all(name in longer.helped and after[name] <= _AS_GOOD * wanted[name] for name in shorter.helped)


def _why_not(outcome: Outcome) -> str:
    if outcome.is_ruinous:
        return "with it a statement takes many times as long"
    if not outcome.uses:
        return "no plan uses it"
    if any(is_less_work(trial) for trial in outcome.uses) and outcome.saved_ms <= 0:
        return "it slows other statements by more than it saves"
    if any(is_less_work(trial) and is_less(trial.before_ms, trial.after_ms) for trial in outcome.uses):
        return (
            f"it spares a statement less than {FELT_MS:g} ms of the run, and not three quarters of its work"
        )
    return f"it helps less than {HELPS:g} times"


def _best(pool: list[Outcome]) -> Outcome:
    """The one that saves most, or one with fewer columns that saves the same statements nearly as much."""
    best = max(pool, key=lambda outcome: outcome.saved_ms)
    wanted = _relieved(best)
    as_good = [one for one in pool if one.saved_ms >= _NEARLY * best.saved_ms and _relieved(one) >= wanted]
    return min(as_good, key=lambda outcome: (outcome.keys, -outcome.saved_ms), default=best)


def _relieved(outcome: Outcome) -> frozenset[str]:
    """The statements that an index takes half of the work from."""
    return frozenset(trial.statement for trial in outcome.uses if is_less_work(trial))


def _begins(shorter: Outcome, longer: Outcome) -> bool:
    if len(shorter.proposal) > 1 or len(longer.proposal) > 1 or shorter.keys > longer.keys:
        return False
    (one,), (other,) = shorter.proposal, longer.proposal
    return one.table.name == other.table.name and serves(as_index(other, ""), one.keys, equal=one.equal)


def _replaced(built: Built) -> tuple[str, ...]:
    """Indexes that are there and that the new one makes needless."""
    made = as_index(built.candidate, built.name)
    return tuple(index.name for index in built.candidate.table.indexes if replaces(made, index))
