from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitstop.data import FileChange, Finding, Location
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, apply_edits, changed_lines, changes, diff, make_patch

FINDING = Finding(
    id="f1",
    problem="n-plus-one-loop",
    domain="database",
    severity="high",
    confidence="certain",
    message="m",
    location=Location(path="a.py", line=1),
    route="GET /a",
    routes=("GET /a", "GET /b"),
)


def edit(start: int, end: int, text: str) -> Edit:
    return Edit("a.py", start, end, text)


def test_many_edits_count_bytes_of_the_text_before() -> None:
    text = "é = 1\nb = 2\n"
    assert apply_edits(text, [edit(11, 12, "22"), edit(0, 2, "a"), edit(5, 6, "11")]) == "a = 11\nb = 22\n"


def test_insertions_at_one_point_keep_their_order_and_stand_before_a_replacement_there() -> None:
    assert apply_edits("xy", [edit(1, 1, "1"), edit(1, 2, "Y"), edit(1, 1, "2")]) == "x12Y"


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ([edit(0, 3, "a"), edit(2, 4, "b")], "two edits"),
        ([edit(0, 3, "a"), edit(1, 1, "b")], "two edits"),
        ([edit(0, 99, "a")], "outside"),
        ([edit(3, 2, "a")], "outside"),
        ([edit(1, 1, "a")], "inside of a character"),
    ],
)
def test_edits_that_do_not_fit_are_refused(edits: list[Edit], said: str) -> None:
    with pytest.raises(PatchError, match=said):
        apply_edits("é = 1\n", edits)


def test_changes_leave_out_what_stays_the_same() -> None:
    texts = {"a.py": "a", "b.py": "b"}
    made = changes(texts, [Edit("b.py", 0, 1, "c"), Edit("a.py", 0, 1, "a")])
    assert made == (FileChange(path="b.py", before="b", after="c"),)
    with pytest.raises(PatchError, match="no such text"):
        changes(texts, [Edit("c.py", 0, 0, "c")])


LINES = st.lists(
    st.sampled_from(["a", "b", "", "  é", "\x0cform", "x\ry", "tab\t", "-- a", "++ b", "\ufeff"]), max_size=30
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    text = newline.join(draw(LINES))
    return text + (newline if text and draw(st.booleans()) else "")


PATHS = ["a.py", "with space.py", "dir/é.py", 'quote".py', "tab\there.py"]


@given(
    before=st.none() | texts(),
    after=st.none() | texts(),
    path=st.sampled_from(PATHS),
)
def test_git_applies_every_diff(
    tmp_path_factory: pytest.TempPathFactory, before: str | None, after: str | None, path: str
) -> None:
    change = FileChange(path=path, before=before, after=after)
    text = diff([change])
    if before == after:
        assert text == ""
        return
    folder = tmp_path_factory.mktemp("apply")
    target = folder / path
    if before is not None:
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(before.encode())
    subprocess.run(["git", "apply", "-"], cwd=folder, input=text.encode(), check=True, capture_output=True)
    assert (target.read_bytes().decode() if target.exists() else None) == after


def test_a_diff_holds_the_change_and_three_lines_around_it() -> None:
    before = "".join(f"{n}\n" for n in range(1, 101))
    text = diff(
        [
            FileChange(
                path="a", before=before, after=before.replace("\n50\n", "\nfifty\n").replace("\n54\n", "\n")
            )
        ]
    )
    assert text == (
        "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -47,11 +47,10 @@\n 47\n 48\n 49\n-50\n+fifty\n 51\n 52\n 53\n-54\n 55\n 56\n 57\n"
    )


def test_changed_lines_are_those_of_the_new_text() -> None:
    assert changed_lines(FileChange(path="a", before="a\nb\nc\n", after="a\nx\ny\nc\n")) == {2, 3}
    assert changed_lines(FileChange(path="a", before="a\nb\nc\n", after="a\nc\n")) == {2}
    assert changed_lines(FileChange(path="a", before="a\nb\n", after="a\n")) == {1}
    assert changed_lines(FileChange(path="a", before="a\n", after=None)) == set()


def test_a_removed_line_is_shown_by_what_is_left_of_its_block() -> None:
    before = "def f():\n    a()\n    b()\n\n\ndef g():\n    c()\n"
    after = before.replace("    b()\n", "")
    assert changed_lines(FileChange(path="a", before=before, after=after)) == {2}


def test_the_id_of_a_patch_knows_what_it_does_but_not_where() -> None:
    def made(before: str, after: str) -> str:
        return make_patch(FINDING, "t", [FileChange(path="a.py", before=before, after=after)], ["cpu"]).id

    first = made("x = 1\ny = 2\n", "x = 1\ny = 3\n")
    assert made("\n\nz = 0\nx = 1\ny = 2\n", "\n\nz = 0\nx = 1\ny = 3\n") == first
    assert made("x = 1\ny = 2\n", "x = 1\ny = 4\n") != first


def test_a_patch_carries_the_routes_of_its_finding_once() -> None:
    change = FileChange(path="a.py", before="a = 1\n", after="a = 2\n")
    patch = make_patch(FINDING, "t", [change, FileChange(path="b", before="", after="")], ["cpu", "rows"])
    assert patch.routes == ("GET /a", "GET /b")
    assert patch.aims == ("cpu", "rows")
    assert patch.changes == (change,)
    assert make_patch(FINDING, "t", [change], ["cpu"], routes=("GET /c",)).routes == ("GET /c",)


def test_a_patch_that_does_nothing_or_breaks_a_file_is_refused() -> None:
    same = FileChange(path="a.py", before="a\n", after="a\n")
    with pytest.raises(PatchError, match="changes nothing"):
        make_patch(FINDING, "t", [same], ["cpu"])
    broken = FileChange(path="a.py", before="a\n", after="a(\n")
    with pytest.raises(PatchError, match="would not parse"):
        make_patch(FINDING, "t", [broken], ["cpu"])
    newer = FileChange(path="a.py", before="a(\n", after="b(\n")
    assert make_patch(FINDING, "t", [newer], ["cpu"]).changes == (newer,)


def test_the_folder_of_tests_is_no_repository(tmp_path: Path) -> None:
    done = subprocess.run(["git", "rev-parse"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode, "the diffs above would be applied to a repository around the folder"
