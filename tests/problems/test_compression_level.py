"""`compression-too-hard`: a lower level for the middleware, wherever it is added."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop import project
from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.problems import discover
from pitstop.problems.findings import found_again

from ..house.tree import requests_in, section
from .test_readmes import examples
from .trees import check, findings, write

PROBLEM = discover()["compression-too-hard"]
PAGE = section((PROBLEM.folder / "README.md").read_text("utf-8"), "Bad") or ""
ADDED = "app.add_middleware(GZipMiddleware)"


def told(root: Path, added: str = ADDED) -> Finding:
    """What a run of the Bad example finds, with the middleware added in another way."""
    files = examples(PROBLEM, "Bad")
    assert ADDED in files["main.py"]
    write(root, {"main.py": files["main.py"].replace(ADDED, added)})
    (finding,) = findings(root, PROBLEM.name, requests_in(PAGE))
    return finding


def lowered(root: Path, finding: Finding) -> Patch:
    """What the option makes of the finding in the tree as it is now."""
    read = project.read(root, cache=False)
    now = found_again(finding, read)
    assert now is not None
    fix = PROBLEM.choices[0].fix
    assert fix is not None
    patch = fix(now, read)
    check(root, patch)
    return patch


def test_bad_becomes_good_also_where_lines_have_moved(tmp_path: Path) -> None:
    finding = told(tmp_path / "tree")
    patch = lowered(tmp_path / "tree", finding)
    assert patch.meant.compressed
    assert patch.aims == ("cpu", "duration")
    assert {change.path: change.after for change in patch.changes} == examples(PROBLEM, "Good")
    write(tmp_path / "tree", {change.path: change.after or "" for change in patch.changes})
    moved = (examples(PROBLEM, "Bad")["main.py"]).replace("app = FastAPI()", "\n\napp = FastAPI()")
    write(tmp_path / "tree", {"main.py": moved})
    assert lowered(tmp_path / "tree", finding).diff.count("\n+app.add_middleware") == 1


def test_a_level_that_is_written_there_becomes_another(tmp_path: Path) -> None:
    added = "app.add_middleware(GZipMiddleware, compresslevel=9, minimum_size=10)"
    diff = lowered(tmp_path / "tree", told(tmp_path / "tree", added)).diff
    assert "+app.add_middleware(GZipMiddleware, compresslevel=6, minimum_size=10)" in diff


@pytest.mark.parametrize(
    ("added", "words"),
    [
        ("HOW = {}\napp.add_middleware(GZipMiddleware, **HOW)", "come in a dictionary"),
        ("HARD = 9\napp.add_middleware(GZipMiddleware, compresslevel=HARD)", "the level is a setting"),
        ("app.add_middleware(GZipMiddleware, 500)", "given by their places"),
    ],
)
def test_declined(added: str, words: str, tmp_path: Path) -> None:
    finding = told(tmp_path / "tree", added)
    with pytest.raises(PatchError, match=words):
        lowered(tmp_path / "tree", finding)
