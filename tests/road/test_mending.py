"""The order of mending: what is tried on top of what, what is timed with what, and what a failure takes with it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pitstop.data import Finding, Option, Patch
from pitstop.errors import PatchError, TargetError
from pitstop.patching.undo import apply_to_tree
from pitstop.problems import Choice
from pitstop.project import Project
from pitstop.verdicts import Proved
from tests.road.mending_fakes import FAST, SLOWNESS, Mended, Record, Told, Tree, mend


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def check(mended: Mended, names: str) -> None:
    """What must hold whatever happened."""
    outcomes = mended.record.outcomes()
    assert set(outcomes) == set(names), "a finding was lost"
    proved = {name for name, end in outcomes.items() if end == "Proved"}
    assert mended.fast == proved, "the tree does not hold what was proved"
    assert {v.patch for v in mended.record.verdicts} == {p.id for p in mended.record.patches}
    assert [v.finding for v in mended.record.verdicts] == [p.finding for p in mended.record.patches]
    kept = [patch for patch in mended.record.patches if patch.finding in proved]
    texts = [(patch.changes[0].before, patch.changes[0].after) for patch in kept]
    assert all(after == before for (_, after), (before, _) in itertools.pairwise(texts)), "not one chain"
    if kept:
        apply_to_tree(mended.root, kept)
        assert (mended.root / "lines.py").read_text("utf-8") == mended.text


def test_repairs_of_different_routes_are_timed_together(tmp_path: Path) -> None:
    mended = mend(tmp_path / "p", "abc", Told())
    check(mended, "abc")
    assert [entry for entry in mended.log if entry.startswith("time")] == ["time a b c"]


def test_the_next_begins_before_the_first_is_judged(tmp_path: Path) -> None:
    mended = mend(tmp_path / "p", "abc", Told())
    assert mended.log[:4] == ["begin a", "begin b", "checked a", "begin c"]


def test_a_repair_that_nothing_would_exercise_is_not_tried(tmp_path: Path) -> None:
    mended = mend(tmp_path / "p", "abc", Told(idle=frozenset("ac")))
    check(mended, "abc")
    assert mended.record.outcomes() == {"a": "Unproven", "b": "Proved", "c": "Unproven"}
    assert mended.log == ["begin b", "checked b", "time b"]


def test_repairs_that_share_a_route_are_timed_apart(tmp_path: Path) -> None:
    routes = {name: {"GET /same"} for name in "ac"}
    mended = mend(tmp_path / "p", "abcd", Told(routes=routes))
    check(mended, "abcd")
    assert [entry for entry in mended.log if entry.startswith("time")] == ["time a b", "time c d"]


def test_one_that_does_not_help_in_the_middle_is_taken_out_and_the_others_stay(tmp_path: Path) -> None:
    mended = mend(tmp_path / "p", "abcd", Told(helps=lambda name: name != "b"))
    check(mended, "abcd")
    assert mended.record.outcomes() == {"a": "Proved", "b": "NotFaster", "c": "Proved", "d": "Proved"}
    assert mended.text == 'a = "fast"\nb = "slow"\nc = "fast"\nd = "fast"\n'
    assert "withdraw b c d" in mended.log, "what came before the one dropped stays as it is"
    assert mended.log.count("rebase") == 1
    (remade,) = [patch for patch in mended.record.patches if patch.finding == "d"]
    assert 'b = "slow"' in (remade.changes[0].before or ""), "the patch still stands on the one dropped"


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), RuntimeError("a fault")], ids=["interrupt", "fault"])
def test_an_end_while_one_is_taken_out_leaves_those_timed_with_it_unproven(
    tmp_path: Path, stop: BaseException
) -> None:
    def rebase(_: Tree) -> bool:
        raise stop

    record = Record()
    with pytest.raises(type(stop)):
        mend(tmp_path / "p", "abcd", Told(helps=lambda name: name != "b", rebase_fails=rebase), record=record)
    assert record.outcomes() == {"a": "Proved", "b": "NotFaster", "c": "Unproven", "d": "Unproven"}
    (proved,) = [patch for patch in record.patches if patch.finding == "a"]
    apply_to_tree(tmp_path / "p", [proved])


def test_one_dropped_while_a_later_one_of_its_route_waits(tmp_path: Path) -> None:
    """`b` is accepted on top of `a`, then `a` turns out not to help: `b` must not be kept in a tree that is no more."""
    told = Told(helps=lambda name: name != "a", routes={name: {"GET /same"} for name in "ab"})
    mended = mend(tmp_path / "p", "abc", told)
    check(mended, "abc")
    assert mended.record.outcomes() == {"a": "NotFaster", "b": "Proved", "c": "Proved"}
    assert mended.log.count("begin b") == 2


def test_a_changed_one_discards_what_began_on_top_of_it(tmp_path: Path) -> None:
    mended = mend(tmp_path / "p", "abc", Told(breaks=lambda name, _: name == "a"))
    check(mended, "abc")
    assert mended.log[:5] == ["begin a", "begin b", "changed a", "abandon b", "abandon a"]
    assert mended.log.count("begin b") == 2
    assert mended.record.outcomes() == {"a": "Changed", "b": "Proved", "c": "Proved"}


def test_a_verdict_of_a_tree_that_is_no_more_does_not_count(tmp_path: Path) -> None:
    """`b` only breaks on top of `a`; as `a` is dropped for changing something, `b` alone is fine."""
    told = Told(breaks=lambda name, tree: name == "a" or (name == "b" and "a" in tree))
    mended = mend(tmp_path / "p", "ab", told)
    check(mended, "ab")
    assert mended.record.outcomes() == {"a": "Changed", "b": "Proved"}


def _unless_fast(other: str, reason: str = "in the way") -> object:
    def fix(finding: Finding, project: Project) -> Patch:
        (file,) = project.files
        if finding.id == "b" and other in FAST.findall(file.text):
            raise PatchError(reason)
        assert SLOWNESS.fix is not None
        return SLOWNESS.fix(finding, project)

    return fix


@pytest.mark.parametrize("fate", ["Changed", "NotFaster", "Proved"])
def test_one_declined_for_a_repair_that_is_dropped_has_its_turn(tmp_path: Path, fate: str) -> None:
    told = Told(
        breaks=lambda name, _: name == "a" and fate == "Changed",
        helps=lambda name: name != "a" or fate != "NotFaster",
    )
    problem = msgspec.structs.replace(SLOWNESS, fix=_unless_fast("a"))
    mended = mend(tmp_path / "p", "abc", told, problem=problem)
    check(mended, "abc")
    expected = {"a": fate, "b": "Declined" if fate == "Proved" else "Proved", "c": "Proved"}
    assert mended.record.outcomes() == expected


def test_a_kept_one_that_has_no_place_without_the_dropped_one_is_declined(tmp_path: Path) -> None:
    def fix(finding: Finding, project: Project) -> Patch:
        (file,) = project.files
        if finding.id == "b" and "a" not in FAST.findall(file.text):
            raise PatchError("a is not fast")
        assert SLOWNESS.fix is not None
        return SLOWNESS.fix(finding, project)

    told = Told(helps=lambda name: name != "a")
    mended = mend(tmp_path / "p", "abc", told, problem=msgspec.structs.replace(SLOWNESS, fix=fix))
    check(mended, "abc")
    assert mended.record.outcomes() == {"a": "NotFaster", "b": "Declined", "c": "Proved"}
    assert mended.record.declined[0].reason == "a is not fast"


@pytest.mark.parametrize("how", ["differs", "fails"])
def test_kept_ones_that_lean_on_a_dropped_one_are_judged_again_by_themselves(
    tmp_path: Path, how: str
) -> None:
    def leans(tree: Tree) -> bool:
        return "b" in tree and "a" not in tree

    told = Told(
        helps=lambda name: name != "a",
        breaks=lambda name, tree: name == "b" and leans(tree),
        rebase_differs=lambda tree: how == "differs" and leans(tree),
        rebase_fails=lambda tree: how == "fails" and leans(tree),
    )
    mended = mend(tmp_path / "p", "abc", told)
    check(mended, "abc")
    assert mended.record.outcomes() == {"a": "NotFaster", "b": "Changed", "c": "Proved"}


def test_an_app_that_does_not_run_any_more_ends_it_and_keeps_the_record(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="does not run"):
        mend(tmp_path / "p", "a", Told(helps=lambda _: False, rebase_fails=lambda _: True))


def test_a_fault_of_one_repair_does_not_cost_the_others(tmp_path: Path) -> None:
    def fix(finding: Finding, project: Project) -> Patch:
        if finding.id == "b":
            raise ZeroDivisionError("oh")
        assert SLOWNESS.fix is not None
        return SLOWNESS.fix(finding, project)

    mended = mend(tmp_path / "p", "abc", Told(), problem=msgspec.structs.replace(SLOWNESS, fix=fix))
    check(mended, "abc")
    assert mended.record.outcomes()["b"] == "Declined"
    assert "ZeroDivisionError: oh" in mended.record.skipped[0].reason


def test_a_patch_that_does_not_fit_is_declined(tmp_path: Path) -> None:
    def fix(finding: Finding, project: Project) -> Patch:
        assert SLOWNESS.fix is not None
        patch = SLOWNESS.fix(finding, project)
        if finding.id != "a":
            return patch
        stale = msgspec.structs.replace(patch.changes[0], before="another text\n")
        return msgspec.structs.replace(patch, changes=(stale,))

    mended = mend(tmp_path / "p", "ab", Told(), problem=msgspec.structs.replace(SLOWNESS, fix=fix))
    check(mended, "ab")
    assert mended.record.outcomes() == {"a": "Declined", "b": "Proved"}


def _choices() -> tuple[Choice, ...]:
    def hard(_finding: Finding, _project: Project) -> Patch:
        raise PatchError("too hard")

    return (
        Choice(option=Option(name="fast", text="make it fast", risk="none"), fix=SLOWNESS.fix),
        Choice(option=Option(name="hard", text="make it so"), fix=hard),
        Choice(option=Option(name="by-hand", text="write it anew")),
    )


def test_what_a_person_decides_is_said_with_what_it_would_change(tmp_path: Path) -> None:
    problem = msgspec.structs.replace(SLOWNESS, fix=None, choices=_choices())
    mended = mend(tmp_path / "p", "a", Told(), problem=problem)
    (declined,) = mended.record.declined
    assert declined.reason == "a person has to decide: `--decide slowness=fast`"
    assert [option.name for option in declined.options] == ["fast", "hard", "by-hand"]
    assert '+a = "fast"' in declined.options[0].diff
    assert (declined.options[0].risk, declined.options[1].diff, declined.options[2].diff) == ("none", "", "")


@pytest.mark.parametrize(("decision", "outcome"), [("fast", "Proved"), ("hard", "Declined")])
def test_what_was_decided_is_tried(tmp_path: Path, decision: str, outcome: str) -> None:
    problem = msgspec.structs.replace(SLOWNESS, fix=None, choices=_choices())
    mended = mend(tmp_path / "p", "a", Told(), problem=problem, decisions={"slowness": decision})
    assert mended.record.outcomes() == {"a": outcome}


def test_what_was_dropped_before_is_not_tried_again(tmp_path: Path) -> None:
    first = mend(tmp_path / "p", "ab", Told())
    (known,) = [patch.id for patch in first.record.patches if patch.finding == "a"]
    again = mend(tmp_path / "q", "ab", Told(), dropped={known: "it was tried before"})
    assert [(each.finding, each.reason) for each in again.record.declined] == [("a", "it was tried before")]
    assert again.record.outcomes() == {"a": "Declined", "b": "Proved"}


def test_what_only_measuring_shows_is_not_blamed_on_an_earlier_repair(tmp_path: Path) -> None:
    def blind(_project: Project) -> Iterator[Finding]:
        return iter(())

    mended = mend(tmp_path / "p", "a", Told(), problem=msgspec.structs.replace(SLOWNESS, rule=blind))
    assert "only measuring shows it" in mended.record.declined[0].reason


def test_excluded_files_are_not_mended(tmp_path: Path) -> None:
    mended = mend(tmp_path / "p", "a", Told(), exclude=["lines.py"])
    assert mended.record.outcomes() == {"a": "Declined"}


NAMES = "abcdef"
names = st.sets(st.sampled_from(NAMES))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    breaking=names,
    useless=names,
    idle=names,
    shared=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["GET /x", "GET /y"])),
    leaning=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(NAMES)),
    way=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(NAMES)),
)
def test_whatever_happens_each_finding_ends_once_and_the_tree_holds_what_was_proved(
    breaking: set[str],
    useless: set[str],
    idle: set[str],
    shared: dict[str, str],
    leaning: dict[str, str],
    way: dict[str, str],
) -> None:
    def fix(finding: Finding, project: Project) -> Patch:
        (file,) = project.files
        if way.get(finding.id) in FAST.findall(file.text):
            raise PatchError("in the way")
        assert SLOWNESS.fix is not None
        return SLOWNESS.fix(finding, project)

    def lean(tree: Tree) -> bool:
        return any(name in tree and other != name and other not in tree for name, other in leaning.items())

    told = Told(
        breaks=lambda name, tree: name in breaking or (name in leaning and lean(tree)),
        helps=lambda name: name not in useless,
        routes={name: {route, f"GET /{name}"} for name, route in shared.items()},
        rebase_differs=lean,
        idle=frozenset(idle),
    )
    with TemporaryDirectory() as folder:
        problem = msgspec.structs.replace(SLOWNESS, fix=fix)
        mended = mend(Path(folder, "p"), NAMES, told, problem=problem)
        check(mended, NAMES)
        outcomes = mended.record.outcomes()
        assert not any(outcomes[name] == "Proved" for name in breaking | useless | idle)
        free = set(NAMES) - breaking - useless - idle - set(leaning) - set(way)
        assert all(outcomes[name] == "Proved" for name in free)
        assert all(isinstance(v, Proved) for v in mended.record.verdicts if v.finding in free)
