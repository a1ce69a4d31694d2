"""`pitstop review` with the service running: what of its OpenAPI document breaks clients."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.patching.test_git import git
from tests.road.command import Home
from tests.road.service import write

pytestmark = pytest.mark.xdist_group("road-review")
TYPED = """\
    from fastapi import FastAPI
    from pydantic import BaseModel

    app = FastAPI()


    class Item(BaseModel):
        name: str
        price: int


    @app.get("/item")
    async def item() -> Item:
        return Item(name="a", price=1)
"""


def laid(root: Path) -> Path:
    write(root, {"main.py": TYPED})
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    return root


def test_a_field_that_is_gone_breaks_clients(home: Home, tmp_path: Path) -> None:
    root = laid(tmp_path / "service")
    text = (root / "main.py").read_text()
    (root / "main.py").write_text(text.replace("    price: int\n", "").replace(", price=1", ""))
    ended = home.run("review", "--path", str(root), "--format", "json")
    report = ended.report()
    assert ended.code == 1
    assert report.contract is not None
    assert [change.severity for change in report.contract.changes] == ["breaking"]
    assert (report.contract.before, report.contract.after) == ("HEAD", "the work tree")
    check = next(each for each in report.checks if "OpenAPI" in each.question)
    assert check.answer == "no"
    home.is_clean()


def test_where_nothing_is_promised_otherwise_the_document_is_told_to_be_the_same(
    home: Home, tmp_path: Path
) -> None:
    root = laid(tmp_path / "service")
    with (root / "main.py").open("a") as file:
        file.write("\n\nNAMES = ['a']\n")
    ended = home.run("review", "--path", str(root), "--format", "json")
    report = ended.report()
    assert ended.code == 0
    assert report.contract is not None
    assert report.contract.changes == ()
    assert next(each for each in report.checks if "OpenAPI" in each.question).answer == "yes"
    assert home.run("review", "--path", str(root), "--format", "concise").out == "Nothing brought\n"


def test_a_service_that_cannot_be_run_is_no_green(home: Home, tmp_path: Path) -> None:
    root = laid(tmp_path / "service")
    with (root / "main.py").open("a") as file:
        file.write("\n\nraise RuntimeError('no settings')\n")
    ended = home.run("review", "--path", str(root), "--format", "json")
    (skipped,) = ended.report().skipped
    assert ended.code == 1
    assert skipped.stage == "contract"
    assert "`--only-read` leaves it out" in skipped.reason
    assert home.run("review", "--path", str(root), "--only-read").code == 0


def test_a_change_of_tests_and_texts_runs_nothing(home: Home, tmp_path: Path) -> None:
    root = laid(tmp_path / "service")
    (root / "README.md").write_text("# told\n")
    ended = home.run("review", "--path", str(root), "--format", "json")
    assert (ended.code, ended.report().contract) == (0, None)
