"""Findings that are known are left out, what is new is said, and what is gone can be pruned."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from pitstop import cli
from pitstop.data import Report
from tests.road.service import write

MAIN = """\
    import time

    from fastapi import FastAPI

    app = FastAPI()


    @app.get("/slow")
    async def slow() -> dict[str, int]:
        time.sleep(0.03)
        return {"slow": 1}
"""
SECOND = """

    @app.get("/slower")
    async def slower() -> dict[str, int]:
        time.sleep(0.05)
        return {"slower": 1}
"""
BLOCKS = "blocking-call-in-async"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return write(tmp_path / "service", {"main.py": MAIN})


class Inspect:
    """`pitstop inspect` on one service."""

    def __init__(self, root: Path, captured: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._captured = captured

    def __call__(self, *arguments: str) -> tuple[int, Report]:
        code = cli.main(
            ["inspect", str(self.root), "--format", "json", "--quiet", "--select", BLOCKS, *arguments]
        )
        said = self._captured.readouterr()
        assert said.out, said.err
        return code, msgspec.json.decode(said.out, type=Report)

    def failing(self, *arguments: str) -> str:
        assert cli.main(["inspect", str(self.root), "--quiet", *arguments]) == 2
        return self._captured.readouterr().err


@pytest.fixture
def inspect(root: Path, capsys: pytest.CaptureFixture[str]) -> Inspect:
    return Inspect(root, capsys)


def test_what_is_in_the_baseline_is_left_out_and_counted(inspect: Inspect, root: Path) -> None:
    code, report = inspect()
    assert code == 1
    assert report.known is None
    code, report = inspect("--update-baseline")
    assert (code, report.findings) == (0, ())
    code, report = inspect()
    assert (code, report.findings) == (0, ())
    assert report.known is not None
    assert (report.known.file, report.known.left_out, report.known.gone) == ("pitstop-baseline.json", 1, 0)
    (entry,) = json.loads((root / "pitstop-baseline.json").read_text())["findings"]
    assert (entry["problem"], entry["path"], entry["symbol"]) == (BLOCKS, "main.py", "main.slow")


def test_what_is_new_is_said_though_lines_have_moved(inspect: Inspect, root: Path) -> None:
    inspect("--update-baseline")
    write(root, {"main.py": "    # a comment\n\n" + MAIN + SECOND})
    code, report = inspect()
    assert code == 1
    assert [finding.location.symbol for finding in report.findings] == ["main.slower"]


def test_what_is_gone_is_counted_and_pruned(inspect: Inspect, root: Path) -> None:
    write(root, {"main.py": MAIN + SECOND})
    inspect("--update-baseline")
    write(root, {"main.py": MAIN})
    _, report = inspect()
    assert report.known is not None
    assert report.known.gone == 1
    _, report = inspect("--prune-baseline")
    assert report.known is not None
    assert (report.known.left_out, report.known.gone) == (1, 0)
    assert len(json.loads((root / "pitstop-baseline.json").read_text())["findings"]) == 1


def test_pruning_takes_nothing_in(inspect: Inspect, root: Path) -> None:
    inspect("--update-baseline")
    write(root, {"main.py": MAIN + SECOND})
    code, report = inspect("--prune-baseline")
    assert code == 1
    assert len(report.findings) == 1


def test_other_problems_of_the_baseline_stay(inspect: Inspect, root: Path) -> None:
    inspect("--update-baseline")
    path = root / "pitstop-baseline.json"
    stored = json.loads(path.read_text())
    stored["findings"].append({**stored["findings"][0], "id": "0" * 12, "problem": "missing-index"})
    path.write_text(json.dumps(stored))
    _, report = inspect("--update-baseline")
    assert report.known is not None
    assert report.known.gone == 0
    assert len(json.loads(path.read_text())["findings"]) == 2


def test_a_pattern_at_one_more_place_is_news(inspect: Inspect, root: Path) -> None:
    inspect("--update-baseline")
    twice = MAIN.replace("time.sleep(0.03)", "time.sleep(0.03)\n        time.sleep(0.03)")
    write(root, {"main.py": twice})
    code, report = inspect()
    assert code == 1
    assert len(report.findings) == 1


def test_a_baseline_that_is_named_must_be_there(inspect: Inspect, root: Path) -> None:
    assert "there is no baseline" in inspect.failing("--baseline", str(root / "known.json"))
    _, report = inspect("--baseline", str(root / "known.json"), "--update-baseline")
    assert report.known is not None
    assert report.known.file == "known.json"
    assert not (root / "pitstop-baseline.json").exists()


@pytest.mark.parametrize("text", ["", "{}", '{"version": 1, "findings": [{"id": 3}]}', "\ufeffnonsense"])
def test_a_broken_baseline_is_said_and_kept(inspect: Inspect, root: Path, text: str) -> None:
    path = root / "pitstop-baseline.json"
    path.write_text(text, "utf-8")
    assert "is no baseline" in inspect.failing()
    assert path.read_text("utf-8") == text


def test_a_baseline_of_a_newer_pitstop_is_not_guessed_at(inspect: Inspect, root: Path) -> None:
    (root / "pitstop-baseline.json").write_text('{"version": 2, "findings": []}')
    assert "newer pitstop" in inspect.failing()


def test_update_and_prune_exclude_each_other(inspect: Inspect) -> None:
    assert "exclude each other" in inspect.failing("--update-baseline", "--prune-baseline")


def test_a_file_may_be_freed_of_a_problem_or_a_domain(inspect: Inspect, root: Path) -> None:
    for name in (BLOCKS, "async"):
        (root / "pitstop.toml").write_text(f'[per-path-ignore]\n"main.*" = ["{name}"]\n')
        assert inspect() == (0, inspect()[1])
        assert inspect()[1].findings == ()
    (root / "pitstop.toml").write_text('[per-path-ignore]\n"other/**" = ["async"]\n')
    assert inspect()[0] == 1
    (root / "pitstop.toml").write_text('[per-path-ignore]\n"main.py" = ["asink"]\n')
    assert "Did you mean `async`" in inspect.failing()


def test_a_domain_stands_for_its_problems(inspect: Inspect, root: Path) -> None:
    assert inspect("--ignore", "async")[0] == 0
    assert cli.main(["inspect", str(root), "--quiet", "--select", "async"]) == 1
    assert cli.main(["inspect", str(root), "--quiet", "--select", "database"]) == 0
