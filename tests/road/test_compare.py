"""Two runs of `pitstop measure` beside each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.road.command import Home
from tests.road.small import lay_small

pytestmark = pytest.mark.xdist_group("road-compare")


def test_a_later_run_is_compared_with_an_earlier_one(home: Home, tmp_path: Path) -> None:
    root = lay_small(tmp_path / "service")
    sent = tmp_path / "calls.jsonl"
    first = home.run("measure", str(root), "--record", str(sent), "--format", "json").report()
    main = root / "main.py"
    main.write_text(main.read_text().replace('{"slow": 1}', '{"slow": 1, "more": 2}'))
    (root / "test_main.py").write_text(
        (root / "test_main.py").read_text().replace('{"slow": 1}', '{"slow": 1, "more": 2}')
    )
    second = home.run("measure", str(root), "--compare", "last", "--format", "json").report()
    assert second.compared is not None
    assert second.compared.id == first.run
    assert second.compared.routes == first.routes
    assert second.run > first.run
    assert not second.compared_unlike
    said = home.run("measure", str(root), "--requests", str(sent), "--compare", first.run).out
    assert "Compared with" in said
    other = "Not the same work: the earlier run alone was sent the tests; this run alone was sent the recording calls.jsonl."
    assert other in " ".join(said.split())
    assert "10 → 19" in said


def test_a_run_that_is_not_there_is_said_before_any_work(home: Home, tmp_path: Path) -> None:
    root = lay_small(tmp_path / "service")
    ended = home.run("measure", str(root), "--compare", "last")
    assert ended.code == 2
    assert "no run of this tree is kept yet" in ended.err
