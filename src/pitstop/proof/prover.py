"""Proves patches one by one on a copy of the tree: runs the app before and after, compares, times, judges."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self

import msgspec

from pitstop.data import FileChange, Patch
from pitstop.errors import PatchError, TargetError
from pitstop.patching.files import read_text
from pitstop.proof import behaviour, contract, mingling, reach, tests
from pitstop.proof.checked import Checked, Trial, is_promising, is_suspect, stopped, strangers, together
from pitstop.proof.counters import Counted, count
from pitstop.proof.coverage import exercise, hits_for
from pitstop.proof.judge import Evidence, judge, settled, unexercised
from pitstop.proof.launch import Version
from pitstop.proof.lockstep import Echoes
from pitstop.proof.looks import Looks
from pitstop.proof.runner import PLAIN, Look, Runner
from pitstop.proof.speed import AFTER, BEFORE, CONTROL, Plan, plan, timings
from pitstop.proof.starting import may_start_otherwise
from pitstop.target.model import Target
from pitstop.target.sides import Sides
from pitstop.target.workspace import Workspace
from pitstop.traces.records import Run, TestOutcome
from pitstop.verdicts import Difference, Unproven, Verdict
from pitstop.workload.databases import Databases, Elsewhere, Tables
from pitstop.workload.model import Driven, Workload

_TIMED = frozenset({"cpu", "duration", "throughput"})
_FIRST_EXTRA_SEED = 100
_STARTS_ALIKE = "start-up was not timed: nothing that runs then was changed"
_MORE_CAMPAIGNS = 2  # as many launches again, each, for a patch that looks faster


class Prover:
    """Judges patches against the tree in a workspace; a context manager that removes what it made.

    The workspace holds the tree as accepted so far and is left so after each proof. `on_progress` is told in a few words what is
    done at the moment. `allowed` is what the app may connect to besides the prover's own copies (`databases` of the probe's
    contract); None for anything. `environment` is what the app runs in, by default our own. `elsewhere` sees the first run and may
    have all run again on servers of the sides' own, where `tables` makes the tables. `times_all`: all that can be measured, also of patches without aims.
    `watched` are the files of the tree, by path, of which is learnt which functions no request runs.
    """

    def __init__(
        self,
        target: Target,
        workload: Workload,
        workspace: Workspace,
        *,
        timeout_s: float = 600.0,
        launches: int = 4,
        database: Sides | None = None,
        elsewhere: Elsewhere = lambda _: None,
        tables: Tables | None = None,
        allowed: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
        times_all: bool = False,
        watched: Collection[str] = (),
        on_progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.workspace = workspace
        self._watched = watched
        self._times_all = times_all
        self._progress = on_progress
        self._stack = ExitStack()
        folder = workspace.root / target.start
        self._bases = self._stack.enter_context(
            Databases(database, folder, environment=environment, elsewhere=elsewhere, tables=tables)
        )
        self._runner = Runner(
            target,
            workload,
            self._bases,
            self._stack,
            timeout_s=timeout_s,
            launches=launches,
            allowed=allowed,
            on_progress=on_progress,
        )
        self._looks = Looks(self._runner, self._unchanged_below, on_progress)
        self._before: list[Run] = []
        self.looked_at: Run | None = None
        """The second run of the unchanged app, once there was one: with phases, plans and samples, as `measure` has them."""
        self._learnt = behaviour.Learnt()
        self._reach = reach.Reach()
        self._has_seen_orders = False
        self._flaky: frozenset[str] = frozenset()
        self._pending: tuple[Patch, Run] | None = None
        self._trials: list[Trial] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    # --- runs ----------------------------------------------------------------------------------------------------

    def _run_unchanged(self, without: Sequence[Patch] = (), look: Look = PLAIN) -> Driven:
        """Run the tree as accepted so far; `without` are patches on trial, in the order in which they were written."""
        return self._runner.unchanged(self.workspace, [patch.changes for patch in without], look)

    def _unchanged_below(self, look: Look) -> Run:
        """A run of the tree as accepted so far, without what is on trial."""
        return self._runner.ended(self._run_unchanged(self._on_trial, look), BEFORE)

    def baseline(self) -> Run:
        """Run the unchanged app twice, unless that is done, and return the first run. Raises TargetError."""
        if not self._before:
            self._progress("running the unchanged app")
            first = self._runner.ended(self._bases.first(self._run_unchanged, self._progress), BEFORE)
            self._progress("running the unchanged app again, to learn what differs by itself")
            # these are asked for in the run that is not compared with a patch's
            watched = self._watch()
            look = Look(plans=True, hits=watched.lines)
            again = self._runner.ended(self._run_unchanged(look=look), BEFORE)
            self._reach = reach.reach(watched, again)
            first = msgspec.structs.replace(first, plans=again.plans, samples=again.samples)
            self._before = [first, again]
            self.looked_at = again
            self._learnt = behaviour.learn(first, [again])
            self._flaky = tests.flaky_tests(self._before)
        return self._before[0]

    def _watch(self) -> reach.Watch:
        texts: dict[str, str] = {}
        for path in self._watched:
            with suppress(PatchError):  # it is not to be patched either
                texts[path] = read_text(self.workspace.path / path) or ""
        return reach.watch(texts)

    def foreseen(self, patch: Patch) -> Unproven | None:
        """The verdict on a patch that nothing would exercise, where the unchanged app has shown that; no run is needed for it."""
        self.baseline()
        idle = self._reach.misses(patch)
        return unexercised(patch, idle) if idle else None

    def database(self) -> str | None:
        """The URL of the copy that the unchanged app was given; None where it was given none."""
        return self._bases.data(BEFORE)

    def accept(self) -> None:
        """Keep the patch that was judged last: the next one is judged on top of it.

        Its run becomes what comes before; the noise stays learnt from the unchanged app.
        """
        if self._pending is None:
            raise ValueError("no patch was judged that could be accepted")
        patch, run = self._pending
        self.workspace.write(patch.changes)
        self._before = [run]
        self._pending = None

    def withdraw(self, patches: Sequence[Patch]) -> None:
        """Take the last accepted patches out again, given in the order in which they were accepted. `rebase` when done."""
        for patch in reversed(patches):
            self.workspace.revert(patch.changes)
        self._pending = None

    def readmit(self, patch: Patch) -> None:
        """Write a patch that was proved into the workspace again, unproved in its new surroundings. `rebase` when done."""
        self.workspace.write(patch.changes)

    def rebase(self) -> tuple[Difference, ...]:
        """Run the tree as it is after patches were withdrawn and readmitted, and make that what comes before the next.

        Returns what it answers otherwise than the tree before did: nothing, if the patches were as independent as they
        looked.
        """
        self._progress("running the app with what is kept")
        run = self._runner.ended(self._run_unchanged(), BEFORE)
        found = behaviour.compare(self._before[0], self._learnt, run)
        self._before = [run]
        return found.differences

    def outcomes(self, tests: Sequence[str], added: Sequence[FileChange]) -> tuple[TestOutcome, ...]:
        """How some tests end, by their node ids, in the tree as accepted so far with these changes. Raises TargetError, PatchError."""
        with ExitStack() as stack:
            clone = self.workspace.clone()
            stack.callback(clone.close)
            clone.write(added)
            drive = self._runner.start(clone, BEFORE, Look(tests=tuple(tests)))
            return self._runner.wait(drive, BEFORE).tests

    # --- the proof -----------------------------------------------------------------------------------------------

    def prove(self, patch: Patch) -> Verdict:
        """Judge one patch. Raises TargetError if the unchanged app cannot be run, PatchError if the patch does not fit."""
        checked = self.check(patch)
        if not isinstance(checked, Checked):
            return checked
        (verdict,) = self.time([checked], accepted=False)
        return verdict

    def check(self, patch: Patch) -> Verdict | Checked:
        """Judge all of one patch but its times, and leave the workspace without it. Raises as `prove`.

        What comes back is the verdict where no timing could change it, else what `time` needs. `accept` keeps the patch.
        """
        before = self.baseline()
        known = self._before
        found = self.judge(self.begin(patch))
        self._pending = None
        if isinstance(found, Checked):
            self.workspace.revert(patch.changes)
            self._pending = (patch, self._before[0])
            self._before = known if known[0] is before else self._before
        return found

    def begin(self, patch: Patch) -> Trial:
        """Write a patch into the workspace and start the app with it; the next may begin before this one is judged.

        Raises TargetError if the unchanged app cannot be run, PatchError if the patch does not fit.
        """
        self.baseline()
        self.workspace.write(patch.changes)
        with ExitStack() as undo:
            undo.callback(self.workspace.revert, patch.changes)
            clone = self.workspace.clone()
            undo.callback(clone.close)
            side = "trial 1" if self._trials and self._trials[-1].side == "trial 0" else "trial 0"
            trial = Trial(patch, clone, side, self._runner.start(clone, side, Look(hits=hits_for(patch))))
            undo.pop_all()
        self._trials.append(trial)
        return trial

    def judge(self, trial: Trial) -> Verdict | Checked:
        """Judge all but the times of the patch that began first. Checked, it stays in the workspace, accepted.

        Otherwise it is taken out again, and with it all that began after it, unjudged: they stood on top of it.
        """
        if not self._trials or self._trials[0] is not trial:
            raise ValueError("patches are judged in the order in which they began")
        patch, before = trial.patch, self._before[0]
        self._progress(f"running the app with: {patch.title}")
        found: Verdict | Checked
        try:
            after = self._runner.wait(trial.drive, trial.side)
        except TargetError as error:
            found = stopped(patch, error)
        else:
            unsure: frozenset[str] = frozenset()
            evidence = self._evidence(patch, before, after)
            if is_suspect(patch, evidence, after):
                # what differs lies where the unchanged app is noisy, or far from the patch: one more look at it decides
                self._progress("running the unchanged app once more")
                once_more = self._unchanged_below(PLAIN)
                self._learnt = behaviour.learn_more(self._learnt, before, once_more)
                self._flaky |= tests.flaky_tests([before, once_more])
                evidence = self._evidence(patch, before, after)
                told = strangers(patch, evidence, after)
                moody, unsure = self._looks.moody(trial, told, before, after)
                if moody or unsure:
                    self._flaky |= moody
                    evidence = self._evidence(patch, before, after, unsure)
            if evidence.behaviour.reordered and self._learn_orders(before):
                evidence = self._evidence(patch, before, after, unsure)
            if evidence.exercise.enough and not settled(evidence) and mingling.may_share(patch):
                evidence = self._looks.mingled(trial, evidence, before)
            if settled(evidence) or evidence.tests.unsure or not evidence.exercise.enough:
                found = judge(patch, evidence)
            else:
                if self._times_all or "memory" in patch.aims:
                    evidence = self._looks.weighed(trial, evidence, before)
                found = Checked(
                    patch=patch, evidence=evidence, plan=self._plan(patch, evidence, before, after)
                )
                self._trials.pop(0).clone.close()
                self._before = [after]
        if isinstance(found, Checked):
            return found
        self.abandon()
        return found

    @property
    def _on_trial(self) -> list[Patch]:
        return [each.patch for each in self._trials]

    def _learn_orders(self, before: Run) -> bool:
        """See, once for all, which lists follow an order that no statement names. Returns whether there are any."""
        if not self._has_seen_orders:
            self._has_seen_orders = True
            self._progress("running the unchanged app with rows in another order where none is asked for")
            with suppress(TargetError):  # a suite that ends early for it shows nothing
                orders = behaviour.learn_orders(before, self._unchanged_below(Look(backwards=True)))
                self._learnt = msgspec.structs.replace(self._learnt, orders=orders)
        return bool(self._learnt.orders)

    def abandon(self) -> None:
        """Take all patches on trial out of the workspace again, and end their runs."""
        while self._trials:
            trial = self._trials.pop()
            trial.drive.stop()
            trial.clone.close()
            self.workspace.revert(trial.patch.changes)

    def time(
        self, checked: Sequence[Checked], *, accepted: bool = True, later: Sequence[Patch] = ()
    ) -> tuple[Verdict, ...]:
        """Time patches in launches that they share, and judge each by the routes that are its own.

        With `accepted` they are all in the workspace, in this order, before the `later` ones, and the tree with them is
        compared with the tree before the first of them; so no two of them may share a route. Without, there is one, and it
        is not in the workspace.
        """
        has_stops = any(each.plan.stops for each in checked)
        if not (has_stops or self._times_all):
            return tuple(self._judged(each, [], []) for each in checked)
        with ExitStack() as stack:
            patches = [each.patch for each in checked]
            versions = self._versions(patches, stack, accepted=accepted, later=later)
            if self._times_all:
                can_differ = any(may_start_otherwise(each.patch, each.evidence.exercise) for each in checked)
                start, why = self._runner.started(versions) if can_differ else (None, [_STARTS_ALIKE])
                checked = [each.started(start, why) for each in checked]
            if not has_stops:
                return tuple(self._judged(each, [], []) for each in checked)
            found, said = self._runner.timed(together(checked), versions, first=1)
            verdicts = {id(each): self._judged(each, found, said) for each in checked}
            doubtful, most = checked, (1 + _MORE_CAMPAIGNS) * len(found)
            for number in range(1, 1 + _MORE_CAMPAIGNS):
                # What looks better and may be chance is settled by more launches, not by wishing.
                doubtful = [
                    each
                    for each in doubtful
                    if is_promising(each.patch, verdicts[id(each)], len(found), most)
                ]
                if not doubtful:
                    break
                more, said_then = self._runner.timed(
                    together(doubtful), versions, first=number * _FIRST_EXTRA_SEED
                )
                found, said = [*found, *more], [*said, *said_then]
                verdicts |= {id(each): self._judged(each, found, said) for each in doubtful}
        return tuple(verdicts[id(each)] for each in checked)

    def _plan(self, patch: Patch, evidence: Evidence, before: Run, after: Run) -> Plan:
        if not patch.aims and not self._times_all:
            return Plan(tests=(), stops=(), routes={})
        routes, load = patch.routes or evidence.exercise.routes, "throughput" in patch.aims
        return plan(routes, before, after, at_once=load or self._times_all, cheapest=patch.saves_alike)

    def _judged(
        self, checked: Checked, launches: Sequence[tuple[Echoes, ...]], said: Sequence[str]
    ) -> Verdict:
        chosen = checked.plan
        own = [tuple(e for e in echoes if e.key in chosen.routes) for echoes in launches]
        notes = [*checked.evidence.notes, *chosen.notes, *(said if chosen.stops else ())]
        if not chosen.stops and not _TIMED.isdisjoint(checked.patch.aims):
            notes.append("none of its requests can be repeated, so no time could be measured")
        found = timings(own, chosen.routes) if chosen.stops else ()
        evidence = msgspec.structs.replace(checked.evidence, timings=found, notes=tuple(notes))
        return judge(checked.patch, evidence)

    def _evidence(
        self, patch: Patch, before: Run, after: Run, unsure: frozenset[str] = frozenset()
    ) -> Evidence:
        run = exercise(patch, after)
        routes = {*patch.routes, *run.routes}
        compared = behaviour.compare(before, self._learnt, after, patch.meant)
        counters: tuple[Counted, ...] = count(self._before, [after], routes, compared.apart) if routes else ()
        again = self._before[1] if len(self._before) > 1 else None
        return Evidence(
            behaviour=compared,
            contract=contract.compare(before, after, patch.describes, again),
            tests=tests.compare(before, self._flaky, after, unsure),
            exercise=run,
            counters=counters,
        )

    def _versions(
        self, patches: Sequence[Patch], stack: ExitStack, *, accepted: bool, later: Sequence[Patch]
    ) -> dict[str, tuple[Workspace, Version]]:
        """The three sides: unchanged, changed, and unchanged again."""
        versions: dict[str, tuple[Workspace, Version]] = {}
        for side in (BEFORE, AFTER, CONTROL):
            # each in a fresh clone: a copy that has been run in may differ in what it has cached
            clone = self.workspace.clone()
            stack.callback(clone.close)
            for patch in reversed(later):
                clone.revert(patch.changes)
            if side == AFTER and not accepted:
                for patch in patches:
                    clone.write(patch.changes)
            elif side != AFTER and accepted:
                for patch in reversed(patches):
                    clone.revert(patch.changes)
            versions[side] = (clone, Version(path=clone.path))
        return versions
