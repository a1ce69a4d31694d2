"""More runs of both versions, each for something that one run of each cannot say."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from pitstop.errors import TargetError
from pitstop.proof import mingling, tests
from pitstop.proof.checked import Trial
from pitstop.proof.counters import heaviest, weigh
from pitstop.proof.judge import Evidence
from pitstop.proof.runner import PLAIN, Look, Runner
from pitstop.traces.records import Run

_MORE_RUNS = 3
"""How often more the unchanged app runs to see a test fail that fails now and then with a patch: of one that fails every other
time seven of eight are seen."""


class Looks:
    """Looks at a patch on trial. `unchanged` runs the tree without it; it raises TargetError. `say` is told what is done."""

    def __init__(self, runner: Runner, unchanged: Callable[[Look], Run], say: Callable[[str], None]) -> None:
        self._runner = runner
        self._unchanged = unchanged
        self._progress = say
        self._unsure: frozenset[str] = frozenset()

    def _changed(self, trial: Trial, look: Look = PLAIN) -> Run:
        """Once more the app with the patch, in the tree as it was at first. Raises TargetError."""
        trial.clone.restore()
        return self._runner.wait(self._runner.start(trial.clone, trial.side, look), trial.side)

    def weighed(self, trial: Trial, evidence: Evidence, first: Run) -> Evidence:
        """The evidence with what requests allocate, from a run of each version that is good for nothing else.

        It is slow, so of the tests only those run that have the largest requests of the routes.
        """
        self._progress("measuring the memory of requests")
        routes = {*trial.patch.routes, *evidence.exercise.routes}
        look = Look(memory=True, tests=heaviest(first, routes))
        try:
            before, after = self._unchanged(look), self._changed(trial, look)
        except TargetError as error:
            note = f"memory could not be measured: {error.message}"
            return msgspec.structs.replace(evidence, notes=(*evidence.notes, note))
        weighed = tuple(weigh(before, after, routes))
        return msgspec.structs.replace(evidence, counters=(*evidence.counters, *weighed))

    def mingled(self, trial: Trial, evidence: Evidence, before: Run) -> Evidence:
        """The evidence with what requests answer otherwise while others are under way, and did not before the patch."""
        routes = tuple(sorted({*trial.patch.routes, *evidence.exercise.routes}))
        if not routes:
            return evidence
        look = Look(mingle=routes, tests=mingling.chosen(before, routes))
        self._progress("trying requests with others under way")
        try:
            after = self._changed(trial, look)
            remarks = (*evidence.remarks, *mingling.untried(after, routes))
            if not any(each.together for each in after.mingled):
                return msgspec.structs.replace(evidence, remarks=remarks)
            known = self._unchanged(look)
        except TargetError as error:
            note = f"requests could not be tried with others under way: {error.message}"
            return msgspec.structs.replace(evidence, notes=(*evidence.notes, note))
        remarks = (*remarks, *mingling.failures(known, after))
        return msgspec.structs.replace(evidence, shared=mingling.differences(known, after), remarks=remarks)

    def moody(
        self, trial: Trial, told: frozenset[str], before: Run, after: Run
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Of tests that ended otherwise, far from a patch, those that turn out to do so without it too, and those of which that is not seen.

        Looked at is only what the same changed app does now this way and now that. What does so with two patches, of which one was taken out, does so
        by itself.
        """
        nothing: frozenset[str] = frozenset()
        if not told:
            return nothing, nothing
        self._progress("running the app with the repair once more, for a test that may be flaky")
        try:
            wanted = told & tests.flaky_tests([after, self._changed(trial)])
        except TargetError:  # what ended then and does not end now is told by the verdict on the first run
            return nothing, nothing
        found = wanted & self._unsure
        for _ in range(_MORE_RUNS):
            if wanted <= found:
                break
            self._progress("running the unchanged app once more, for a test that may be flaky")
            found |= wanted & tests.flaky_tests([before, self._unchanged(PLAIN)])
        self._unsure |= wanted - found
        return found, wanted - found
