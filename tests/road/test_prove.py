"""`pitstop prove`: changes from any hand, judged against the commit that they begin with."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from pitstop.verdicts import Changed, Proved
from tests.road.command import Home, snapshot
from tests.road.service import lay
from tests.road.small import lay_small
from tests.road.test_tune import git

pytestmark = pytest.mark.xdist_group("road-prove")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = lay(tmp_path / "service")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    return root


def edited(root: Path, old: str, new: str) -> None:
    main = root / "shop" / "main.py"
    text = main.read_text()
    assert text.count(old) == 1, (old, text)
    main.write_text(text.replace(old, new))


def test_a_commit_that_changes_an_answer(home: Home, root: Path) -> None:
    edited(
        root,
        '"total": order.total, "customer": customer.name if customer',
        '"total": order.total + 1, "customer": customer.name if customer',
    )
    tests = next(root.rglob("test_*.py"))
    tests.write_text(tests.read_text().replace("== 30", "== 29"))
    git(root, "commit", "-qam", "second")
    edited(
        root, '    return [{"id"', '    return []  # not committed, and so not looked at\n    return [{"id"'
    )
    before = snapshot(root)
    ended = home.run("prove", "main~1..main", "--path", str(root), "--launches", "2", "--format", "json")
    assert ended.code == 1, ended.err
    assert snapshot(root) == before
    report = ended.report()
    (verdict,) = report.verdicts
    assert isinstance(verdict, Changed), verdict.reason
    seen = [each for each in verdict.differences if each.where.startswith("GET /orders")]
    assert {each.kind for each in seen} == {"body"}
    test = seen[0].test
    command = shlex.split(seen[0].again)[1:]
    assert command == ["prove", "main~1..main", "--path", str(root), "--test", test]
    alone = home.run(*command, "--launches", "2", "--format", "json").report()
    assert {each.test for each in alone.verdicts[0].differences} == {test}
    assert seen[0] in alone.verdicts[0].differences
    (patch,) = report.patches
    assert [change.path for change in patch.changes] == ["shop/main.py"]
    (skipped,) = [each for each in report.skipped if each.stage == "prove"]
    assert skipped.subject == tests.relative_to(root).as_posix()


def test_what_is_not_committed_and_what_nobody_asks_for(home: Home, root: Path, tmp_path: Path) -> None:
    edited(root, "    found = []\n", "    found: list[dict[str, Any]] = []\n")
    (root / "CHANGES.md").write_text("Types.\n")  # no request could run that, and none has to
    ended = home.run("prove", "--path", str(root), "--launches", "2", "--format", "json")
    assert ended.code == 0, ended.err + ended.out
    (verdict,) = ended.report().verdicts
    assert isinstance(verdict, Proved), verdict
    assert verdict.reason.startswith("answers as before: ")
    assert verdict.tests == "4 passed"
    assert verdict.start_up is None
    assert "start-up was not timed: nothing that runs then was changed" in verdict.notes
    metrics = {change.metric for route in verdict.routes for change in route.changes}
    assert metrics >= {"cpu", "duration", "throughput", "p95", "memory"}

    git(root, "commit", "-qam", "second")
    edited(
        root,
        "app = FastAPI()",
        'app = FastAPI()\n\n\n@app.get("/new", include_in_schema=False)\ndef new() -> int:\n    return 1',
    )
    patch = tmp_path / "new.patch"
    patch.write_text(git(root, "diff"))
    git(root, "checkout", "-q", ".")
    ended = home.run("prove", "--path", str(root), "--patch", str(patch), "--launches", "2")
    assert ended.code == 1, ended.err + ended.out
    assert "unproven" in ended.out
    assert "no request ran the changed lines" in ended.out
    assert "What speaks against it" in ended.out
    assert "Nothing found" not in ended.out


def test_what_runs_as_the_service_starts_is_timed(home: Home, tmp_path: Path) -> None:
    root = lay_small(tmp_path / "service")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    main = root / "main.py"
    text = main.read_text().replace("time.sleep(0.03)", "time.sleep(0.02)")
    main.write_text(text.replace("import time\n", "import time\n\nimport sqlalchemy.orm\n"))
    ended = home.run("prove", "--path", str(root), "--launches", "2", "--format", "json")
    (verdict,) = ended.report().verdicts
    assert verdict.start_up is not None
    assert verdict.start_up.after > verdict.start_up.before
