"""Findings → patches and verdicts: each repair is proposed on the tree as accepted so far, proved, and kept or dropped.

Starting the app takes most of a proof. So while one repair is on trial the next one begins on top of it, and repairs that
share no route are timed together: a figure of one route says nothing of a repair that cannot touch it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import msgspec

from pitstop.data import Declined, Finding, Option, Patch, Skipped
from pitstop.errors import PatchError, PitstopError, TargetError
from pitstop.problems import Fix, Problem
from pitstop.problems.findings import found_again
from pitstop.project import Project, read
from pitstop.proof.checked import Checked, Trial
from pitstop.proof.prover import Prover
from pitstop.verdicts import Proved, Unproven, Verdict

_Judged = tuple[Finding, Checked]

_AHEAD = 2
"""How many repairs are on trial at once: one a core of the smallest machine that pitstop is used on."""

_PUT_RIGHT = "an earlier repair has put it right or changed the code"
_OPEN = (
    "the run ended before it was seen without another repair that it was timed with, and that did not help"
)
_BY_HAND = "a person has to decide, and to make it"
_NO_REPAIR = "pitstop has no repair for this problem"
_NO_PLACE = "only measuring shows it: reading the code, pitstop did not find the place to mend"


class Record(Protocol):
    """Where patches and verdicts are noted as they come, so that an interruption loses none."""

    patches: list[Patch]
    declined: list[Declined]
    verdicts: list[Verdict]
    skipped: list[Skipped]


class Proposer(Protocol):
    """Who proposes repairs where no fix does. Both raise PatchError with the reason where there is none."""

    def propose(self, finding: Finding, problem: Problem, project: Project, reason: str) -> Patch:
        """A repair, new each time; `reason` is why no fix made one."""

    def again(self, finding: Finding, problem: Problem, project: Project) -> Patch | None:
        """The repair that was proposed before, made once more in the tree as it is now; None where none was."""


class Mending:
    """Works through findings in their order. `on_step` is told what is done at the moment.

    `exclude` are the files and folders that are not read, as in the settings; `decisions` names for a problem the option that was
    chosen for its findings; `dropped` says by the id of a patch why it is not to be tried again; `proposer` is asked where no fix makes a repair.
    """

    def __init__(
        self,
        prover: Prover,
        problems: Iterable[Problem],
        record: Record,
        on_step: Callable[[str], None] = lambda _: None,
        *,
        exclude: Sequence[str] = (),
        decisions: Mapping[str, str] | None = None,
        dropped: Mapping[str, str] | None = None,
        proposer: Proposer | None = None,
    ) -> None:
        self._prover = prover
        self._problems = {problem.name: problem for problem in problems}
        self._record = record
        self._step = on_step
        self._exclude = exclude
        self._decisions = decisions or {}
        self._dropped = dropped or {}
        self._proposer = proposer
        self._order: dict[str, int] = {}
        self._todo: deque[Finding] = deque()
        self._trials: deque[tuple[Finding, Trial]] = deque()
        self._round: list[_Judged] = []
        self._declined: list[tuple[Finding, Declined]] = []
        self._kept = 0

    def mend(self, findings: Iterable[Finding]) -> None:
        """Propose and prove a repair for each finding."""
        self._todo = deque(findings)
        self._order = {finding.id: number for number, finding in enumerate(self._todo)}
        while self._todo or self._trials or self._round:
            self._begin()
            if self._trials:
                self._judge_next()
            else:
                self._time()

    def _begin(self) -> None:
        """Start trials until enough are under way."""
        while self._todo and len(self._trials) < _AHEAD:
            finding = self._todo.popleft()
            proposal = self._propose(finding)
            if isinstance(proposal, Patch) and (foreseen := self._prover.foreseen(proposal)) is not None:
                self._say(finding)
                self._record.patches.append(proposal)
                self._record.verdicts.append(foreseen)
                continue
            started = self._start(finding, proposal)
            if isinstance(started, Trial):
                self._trials.append((finding, started))
                continue
            self._record.declined.append(started)
            if self._trials or self._round:
                self._declined.append((finding, started))

    def _say(self, finding: Finding) -> None:
        self._step(f"{finding.problem} in {finding.location.path}:{finding.location.line}")

    def _judge_next(self) -> None:
        """Judge the trial that began first. What began on top of one that fails begins anew."""
        finding, trial = self._trials.popleft()
        self._say(finding)
        found = self._prover.judge(trial)
        if not isinstance(found, Checked):
            self._record.patches.append(trial.patch)
            self._record.verdicts.append(found)
            self._put_back(waiting for waiting, _ in self._trials)
            return
        if any(found.routes & checked.routes for _, checked in self._round) and not self._time(
            (finding, found)
        ):
            return
        self._round.append((finding, found))

    def _put_back(self, findings: Iterable[Finding]) -> None:
        """Let findings wait again: the tree they were looked at in is no more.

        So do those that were declined in that tree: what stood in their way may be gone.
        """
        again = [*findings, *(finding for finding, _ in self._declined)]
        for _, declined in self._declined:
            self._record.declined.remove(declined)
        self._declined.clear()
        self._trials.clear()
        self._todo = deque(sorted([*self._todo, *again], key=lambda finding: self._order[finding.id]))

    # --- times ---------------------------------------------------------------------------------------------------

    def _time(self, after: _Judged | None = None) -> bool:
        """Time the round, keep the repairs that help, and take the others out.

        `after` was accepted since. Returns whether it still stands; if not, its finding waits again.
        """
        if not self._round:
            return True
        later = [*([after[1].patch] if after else []), *(trial.patch for _, trial in self._trials)]
        verdicts = self._prover.time([checked for _, checked in self._round], later=later)
        proved = [isinstance(verdict, Proved) for verdict in verdicts]
        stands = all(proved)
        try:
            self._record.verdicts += verdicts
            self._record.patches += (checked.patch for _, checked in self._round)
            self._kept += sum(proved)
            if not stands:
                self._drop(proved, after)
        except BaseException:
            if not stands:
                self._leave_open(self._round[proved.index(False) :])
            raise
        if not self._trials and after is None:
            self._declined.clear()
        self._round = []
        return stands

    def _drop(self, proved: Sequence[bool], after: _Judged | None) -> None:
        """Go back to the tree before the first repair that does not help, and make those after it that do anew.

        Their times were their own and stand. What they answer together is looked at once more.
        """
        waiting = [*([after[0]] if after else []), *(finding for finding, _ in self._trials)]
        self._prover.abandon()
        first = proved.index(False)
        out = [checked.patch for _, checked in self._round[first:]] + ([after[1].patch] if after else [])
        self._prover.withdraw(out)
        helpful = [each for each, keep in zip(self._round[first:], proved[first:], strict=True) if keep]
        kept = [
            (finding, made)
            for finding, checked in helpful
            if (made := self._readmit(finding, checked.patch)) is not None
        ]
        if not self._stand(bool(kept)):
            # they lean on one another or on what was dropped: each is judged again, by itself
            self._prover.withdraw([patch for _, patch in kept])
            self._prover.rebase()
            for finding, patch in kept:
                self._judge_anew(finding, patch)
        self._put_back(waiting)

    def _leave_open(self, judged: Iterable[_Judged]) -> None:
        """Take back that these are proved: nothing shows yet that they stand without the one that is dropped."""
        findings = {finding.id for finding, _ in judged}
        for place, verdict in enumerate(self._record.verdicts):
            if isinstance(verdict, Proved) and verdict.finding in findings:
                told = {**msgspec.structs.asdict(verdict), "reason": _OPEN}
                self._record.verdicts[place] = Unproven(**told)

    def _stand(self, doubtful: bool) -> bool:
        """Whether the tree as it is now answers as it did; not to run at all is an answer too, where that is `doubtful`."""
        try:
            return not self._prover.rebase() or not doubtful
        except TargetError:
            if not doubtful:
                raise
            return False

    def _readmit(self, finding: Finding, before: Patch) -> Patch | None:
        """Write a kept repair into a tree without the dropped ones; None where there is no place for it any more."""
        proposal = self._propose(finding, asks=False)
        if not isinstance(proposal, Declined):
            try:
                self._prover.readmit(proposal)
            except PatchError as error:
                proposal = _declined(finding, error.message)
        if isinstance(proposal, Declined):
            self._take_out(before)
            self._record.declined.append(proposal)
            return None
        position, place = self._find(before)
        verdict = self._record.verdicts[place]
        self._record.patches[position] = proposal
        self._record.verdicts[place] = msgspec.structs.replace(verdict, patch=proposal.id)
        return proposal

    def _judge_anew(self, finding: Finding, before: Patch) -> None:
        started = self._start(finding, self._propose(finding, asks=False))
        if isinstance(started, Declined):
            self._take_out(before)
            self._record.declined.append(started)
            return
        found = self._prover.judge(started)
        position, place = self._find(before)
        self._record.patches[position] = started.patch
        if isinstance(found, Checked):
            verdict = self._record.verdicts[place]
            self._record.verdicts[place] = msgspec.structs.replace(verdict, patch=started.patch.id)
        else:
            self._record.verdicts[place] = found
            self._kept -= 1

    def _find(self, patch: Patch) -> tuple[int, int]:
        """Where a patch and its verdict are in the record."""
        place = next(i for i, verdict in enumerate(self._record.verdicts) if verdict.patch == patch.id)
        return self._record.patches.index(patch), place

    def _take_out(self, patch: Patch) -> None:
        position, place = self._find(patch)
        del self._record.patches[position], self._record.verdicts[place]
        self._kept -= 1

    # --- proposals -----------------------------------------------------------------------------------------------

    def _start(self, finding: Finding, proposal: Patch | Declined) -> Trial | Declined:
        """Start the app with the repair of a finding, or say why that is not done."""
        if isinstance(proposal, Declined):
            return proposal
        if proposal.id in self._dropped:
            return _declined(finding, self._dropped[proposal.id])
        try:
            return self._prover.begin(proposal)
        except PatchError as error:
            return _declined(finding, error.message)

    def _propose(self, finding: Finding, *, asks: bool = True) -> Patch | Declined:
        """The repair of a finding in the tree as it is by now: lines move, the identity does not.

        Where it `asks`, a new repair may be proposed. Of one that was proved already only the same will do.
        """
        problem = self._problems[finding.problem]
        fix = self._fix(problem)
        if fix is None and not problem.choices and self._proposer is None:
            return _declined(finding, _BY_HAND if problem.options else _NO_REPAIR, problem.options)
        try:
            project = read(self._prover.workspace.path, exclude=self._exclude)
            read_again = problem.rule(project) if problem.rule is not None else ()
            now = next((f for f in read_again if f.id == finding.id), None)
            if now is None and (problem.rule is None or finding.location.symbol in project.routes.routers):
                now = found_again(finding, project)
            if now is None:
                earlier = self._kept or self._round or self._trials
                return _declined(finding, _PUT_RIGHT if earlier else _NO_PLACE)
            if fix is None and problem.choices:
                return _undecided(now, problem, project)
            return self._repair(now, problem, project, fix, asks=asks)
        except PitstopError as error:
            return _declined(finding, error.message, problem.options)
        except Exception as error:  # a fault of one repair must not cost the others
            reason = f"{type(error).__name__}: {error}"
            self._record.skipped.append(Skipped(stage="mend", subject=finding.id, reason=reason))
            return _declined(finding, "the repair failed by a fault of pitstop's own")

    def _repair(
        self, finding: Finding, problem: Problem, project: Project, fix: Fix | None, *, asks: bool
    ) -> Patch:
        """What a fix makes, or else is proposed. Raises PatchError with the reason where there is neither."""
        proposer = self._proposer
        if proposer is not None and (made := proposer.again(finding, problem, project)) is not None:
            return made
        try:
            if fix is None:
                raise PatchError(_NO_REPAIR)
            return fix(finding, project)
        except PatchError as error:
            if proposer is None or not asks:
                raise
            return proposer.propose(finding, problem, project, error.message)

    def _fix(self, problem: Problem) -> Fix | None:
        """The repair of the option that was chosen; else that which needs no decision."""
        chosen = self._decisions.get(problem.name)
        fixes = {choice.option.name: choice.fix for choice in problem.choices}
        return fixes[chosen] if chosen is not None else problem.fix


def _undecided(finding: Finding, problem: Problem, project: Project) -> Declined:
    """What there is to decide between, each with what it would change."""
    options = []
    for choice in problem.choices:
        diff = ""
        if choice.fix is not None:
            with suppress(PitstopError):
                diff = choice.fix(finding, project).diff
        options.append(msgspec.structs.replace(choice.option, diff=diff))
    names = "|".join(option.name for option in options if option.diff)
    how = f": `--decide {problem.name}={names}`" if names else ""
    return Declined(
        finding=finding.id,
        problem=finding.problem,
        reason=f"a person has to decide{how}",
        options=tuple(options),
    )


def _declined(finding: Finding, reason: str, options: tuple[Option, ...] = ()) -> Declined:
    return Declined(finding=finding.id, problem=finding.problem, reason=reason, options=options)
