"""Who proposes is asked where no fix makes a repair, once; what was proved stays the same repair or goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from pitstop.data import FileChange, Finding, Option, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.problems import Problem
from pitstop.project import Project
from tests.road.mending_fakes import FAST, SLOWNESS, Told, mend


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@dataclass
class Asked:
    """Proposes to make a line fast, and remembers what it was asked; `refuses` are the findings that it has nothing for."""

    refuses: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    made: set[str] = field(default_factory=set)

    def propose(self, finding: Finding, problem: Problem, project: Project, reason: str) -> Patch:
        self.asked.append((finding.id, reason))
        if finding.id in self.refuses:
            raise PatchError(f"{reason}; nobody knows")
        self.made.add(finding.id)
        return self._patch(finding, problem, project)

    def again(self, finding: Finding, problem: Problem, project: Project) -> Patch | None:
        return self._patch(finding, problem, project) if finding.id in self.made else None

    def _patch(self, finding: Finding, problem: Problem, project: Project) -> Patch:
        (file,) = project.files
        after = file.text.replace(f'{finding.id} = "slow"', f'{finding.id} = "fast"')
        change = FileChange(path=file.path, before=file.text, after=after)
        return make_patch(finding, f"mend {problem.name} of {finding.id}", [change], (), origin="a/model")


WITHOUT_FIX = msgspec.structs.replace(SLOWNESS, fix=None)


def test_a_finding_without_a_fix_is_asked_about_and_what_is_proposed_is_proved(tmp_path: Path) -> None:
    asked = Asked(refuses="c")
    told = Told(breaks=lambda name, _: name == "b")
    mended = mend(tmp_path / "p", "abc", told, problem=WITHOUT_FIX, proposer=asked)
    assert mended.record.outcomes() == {"a": "Proved", "b": "Changed", "c": "Declined"}
    assert mended.text == 'a = "fast"\nb = "slow"\nc = "slow"\n'
    assert {patch.origin for patch in mended.record.patches} == {"a/model"}
    assert mended.record.declined[0].reason == "pitstop has no repair for this problem; nobody knows"


def test_one_that_a_fix_declines_is_asked_about_with_the_reason_and_no_other(tmp_path: Path) -> None:
    def fix(finding: Finding, project: Project) -> Patch:
        if finding.id == "b":
            raise PatchError("too hard")
        assert SLOWNESS.fix is not None
        return SLOWNESS.fix(finding, project)

    asked = Asked()
    told = Told(breaks=lambda name, _: name == "a")
    mended = mend(
        tmp_path / "p", "ab", told, problem=msgspec.structs.replace(SLOWNESS, fix=fix), proposer=asked
    )
    assert mended.record.outcomes() == {"a": "Changed", "b": "Proved"}
    assert asked.asked == [("b", "too hard")]


def test_of_a_proved_one_that_has_to_be_made_anew_nothing_new_is_asked(tmp_path: Path) -> None:
    asked = Asked()
    mended = mend(
        tmp_path / "p", "abc", Told(helps=lambda name: name != "a"), problem=WITHOUT_FIX, proposer=asked
    )
    assert mended.record.outcomes() == {"a": "NotFaster", "b": "Proved", "c": "Proved"}
    assert [name for name, _ in asked.asked] == ["a", "b", "c"]


def test_a_proved_fix_that_fits_no_more_is_not_replaced_by_what_is_proposed(tmp_path: Path) -> None:
    """What was proved was the fix; what would be proposed was never timed."""

    def fix(finding: Finding, project: Project) -> Patch:
        (file,) = project.files
        if finding.id == "b" and "a" not in FAST.findall(file.text):
            raise PatchError("a is not fast")
        assert SLOWNESS.fix is not None
        return SLOWNESS.fix(finding, project)

    asked = Asked()
    problem = msgspec.structs.replace(SLOWNESS, fix=fix)
    mended = mend(tmp_path / "p", "ab", Told(helps=lambda name: name != "a"), problem=problem, proposer=asked)
    assert mended.record.outcomes() == {"a": "NotFaster", "b": "Declined"}
    assert asked.asked == []


def test_one_dropped_before_is_not_tried_again(tmp_path: Path) -> None:
    asked = Asked()
    first = mend(tmp_path / "p", "a", Told(helps=lambda _: False), problem=WITHOUT_FIX, proposer=asked)
    dropped = {first.record.patches[0].id: "it was dropped"}
    second = mend(tmp_path / "q", "a", Told(), problem=WITHOUT_FIX, proposer=Asked(), dropped=dropped)
    assert second.record.outcomes() == {"a": "Declined"}
    assert second.log == []


def test_what_a_person_does_by_hand_is_told_and_a_model_may_still_be_asked(tmp_path: Path) -> None:
    ways = (Option(name="less", text="do less"), Option(name="later", text="do it later"))
    by_hand = msgspec.structs.replace(WITHOUT_FIX, fix_class="decide", options=ways)
    mended = mend(tmp_path / "p", "a", Told(), problem=by_hand)
    (declined,) = mended.record.declined
    assert declined.reason == "a person has to decide, and to make it"
    assert declined.options == ways
    proposed = mend(tmp_path / "q", "ac", Told(), problem=by_hand, proposer=Asked(refuses="c"))
    assert proposed.record.outcomes() == {"a": "Proved", "c": "Declined"}
    assert proposed.record.declined[0].options == ways
