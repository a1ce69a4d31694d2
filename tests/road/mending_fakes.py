"""A prover that is told its judgements, and problems whose repair is one word: for the order of things, not for times."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import msgspec

from pitstop.data import Declined, FileChange, Finding, Location, Patch, Skipped
from pitstop.errors import TargetError
from pitstop.mending import Mending, Proposer
from pitstop.patching.edits import make_patch
from pitstop.problems import Problem
from pitstop.project import Project
from pitstop.proof.checked import Checked, Trial
from pitstop.proof.prover import Prover
from pitstop.target.workspace import Workspace
from pitstop.verdicts import Changed, Difference, NotFaster, Proved, Unproven, Verdict

SLOW = re.compile(r'^(\w+) = "slow"$', re.MULTILINE)
FAST = re.compile(r'^(\w+) = "fast"$', re.MULTILINE)

Tree = frozenset[str]
"""The names that are fast in a tree."""


def _find(project: Project) -> Iterator[Finding]:
    (file,) = project.files
    for number, line in enumerate(file.text.splitlines(), 1):
        if found := SLOW.match(line):
            yield Finding(
                id=found[1],
                problem="slowness",
                domain="database",
                severity="high",
                confidence="certain",
                message=f"{found[1]} is slow",
                location=Location(path=file.path, line=number),
                routes=(f"GET /{found[1]}",),
            )


def _mend(finding: Finding, project: Project) -> Patch:
    (file,) = project.files
    after = file.text.replace(f'{finding.id} = "slow"', f'{finding.id} = "fast"')
    change = FileChange(path=file.path, before=file.text, after=after)
    return make_patch(finding, f"make {finding.id} fast", [change], ("duration",))


SLOWNESS = Problem(
    name="slowness",
    domain="database",
    title="slow line",
    severity="high",
    fix_class="proved",
    rule=_find,
    fix=_mend,
    folder=Path(__file__).parent,
)


@dataclass
class Record:
    """What `Mending` notes."""

    patches: list[Patch] = field(default_factory=list)
    declined: list[Declined] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def outcomes(self) -> dict[str, str]:
        """The kind of each verdict by finding, and `Declined`; fails where a finding ended twice."""
        ends = [(v.finding, type(v).__name__) for v in self.verdicts]
        ends += [(d.finding, "Declined") for d in self.declined]
        assert len(dict(ends)) == len(ends), ends
        return dict(ends)


@dataclass
class Told:
    """What the prover is to say of each name, by default that it behaves and helps. A judgement may look at the tree."""

    breaks: Callable[[str, Tree], bool] = lambda _name, _tree: False
    helps: Callable[[str], bool] = lambda _: True
    routes: dict[str, set[str]] = field(default_factory=dict)
    idle: frozenset[str] = frozenset()
    rebase_differs: Callable[[Tree], bool] = lambda _: False
    rebase_fails: Callable[[Tree], bool] = lambda _: False


class FakeProver:
    """Does to the workspace what the real one does, with nothing run; `log` holds what was asked."""

    def __init__(self, workspace: Workspace, told: Told) -> None:
        self.workspace = workspace
        self.told = told
        self.log: list[str] = []
        self._trials: list[Trial] = []

    def tree(self, workspace: Workspace | None = None) -> Tree:
        """The names that are fast now."""
        return frozenset(FAST.findall(((workspace or self.workspace).path / "lines.py").read_text("utf-8")))

    def foreseen(self, patch: Patch) -> Verdict | None:
        return self._verdict(Unproven, patch) if patch.finding in self.told.idle else None

    def begin(self, patch: Patch) -> Trial:
        self.workspace.write(patch.changes)
        self.log.append(f"begin {patch.finding}")
        trial = Trial(patch, self.workspace, "", cast(Any, None))
        self._trials.append(trial)
        return trial

    def judge(self, trial: Trial) -> Verdict | Checked:
        assert self._trials[0] is trial
        name = trial.patch.finding
        own = frozenset(FAST.findall(trial.patch.changes[0].after or ""))
        if self.told.breaks(name, own):
            self.log.append(f"changed {name}")
            self.abandon()
            return self._verdict(Changed, trial.patch)
        self._trials.pop(0)
        self.log.append(f"checked {name}")
        routes = tuple(sorted(self.told.routes.get(name, {f"GET /{name}"})))
        patch = msgspec.structs.replace(trial.patch, routes=routes)
        evidence = _Evidence(exercise=_Exercise(routes=()))
        return Checked(patch=patch, evidence=cast(Any, evidence), plan=cast(Any, None))

    def abandon(self) -> None:
        while self._trials:
            trial = self._trials.pop()
            self.log.append(f"abandon {trial.patch.finding}")
            self.workspace.revert(trial.patch.changes)

    def time(self, checked: Sequence[Checked], *, later: Sequence[Patch] = ()) -> tuple[Verdict, ...]:
        names = [each.patch.finding for each in checked]
        self.log.append(f"time {' '.join(names)}")
        seen: set[str] = set()
        for each in checked:
            assert not seen & each.routes, "two patches of one route are timed together"
            seen |= each.routes
        clone = self.workspace.clone()
        try:
            whole = self.tree(clone)
            for patch in reversed(later):
                clone.revert(patch.changes)
            after = self.tree(clone)
            for each in reversed(checked):
                clone.revert(each.patch.changes)
            assert after - self.tree(clone) == set(names), "what is timed is not what is judged"
            assert whole - after == {patch.finding for patch in later}
        finally:
            clone.close()
        return tuple(
            self._verdict(Proved if self.told.helps(each.patch.finding) else NotFaster, each.patch)
            for each in checked
        )

    def withdraw(self, patches: Sequence[Patch]) -> None:
        assert not self._trials
        self.log.append(f"withdraw {' '.join(patch.finding for patch in patches)}".strip())
        for patch in reversed(patches):
            self.workspace.revert(patch.changes)

    def readmit(self, patch: Patch) -> None:
        self.log.append(f"readmit {patch.finding}")
        self.workspace.write(patch.changes)

    def rebase(self) -> tuple[Difference, ...]:
        self.log.append("rebase")
        if self.told.rebase_fails(self.tree()):
            raise TargetError("it does not run")
        differs = self.told.rebase_differs(self.tree())
        return (Difference(kind="body", where="GET /", before="1", after="2"),) if differs else ()

    @staticmethod
    def _verdict(kind: type[Proved | Changed | NotFaster | Unproven], patch: Patch) -> Verdict:
        return kind(
            patch=patch.id, finding=patch.finding, problem=patch.problem, title=patch.title, reason="as told"
        )


class _Exercise(msgspec.Struct, frozen=True, kw_only=True):
    routes: tuple[str, ...]


class _Evidence(msgspec.Struct, frozen=True, kw_only=True):
    exercise: _Exercise


@dataclass
class Mended:
    """What came of it: the record, what the prover was asked, and the names that are fast in its tree."""

    record: Record
    log: list[str]
    fast: Tree
    root: Path
    text: str


def mend(
    root: Path,
    names: str,
    told: Told,
    *,
    problem: Problem = SLOWNESS,
    exclude: Sequence[str] = (),
    decisions: Mapping[str, str] | None = None,
    dropped: Mapping[str, str] | None = None,
    proposer: Proposer | None = None,
    record: Record | None = None,
) -> Mended:
    """Mend a file with a slow line for each letter of `names`; `record` is for what ends in the middle."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "lines.py").write_text("".join(f'{name} = "slow"\n' for name in names), "utf-8")
    record = record or Record()
    from pitstop.project import read

    findings = list(_find(read(root)))
    with Workspace(root) as workspace:
        prover = FakeProver(workspace, told)
        Mending(
            cast(Prover, prover),
            [problem],
            record,
            exclude=exclude,
            decisions=decisions,
            dropped=dropped,
            proposer=proposer,
        ).mend(findings)
        assert not prover._trials
        text = (workspace.path / "lines.py").read_text("utf-8")
        return Mended(record, prover.log, prover.tree(), root, text)
