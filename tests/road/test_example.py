"""The bundled service: what is wrong with it is found, and nothing else is."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pytest

from pitstop import cli
from pitstop.data import Report

SHOP = Path(__file__).parents[2] / "examples" / "shop"


def test_what_is_wrong_with_the_example_is_found_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cli.main(["inspect", str(SHOP), "--format", "json", "--quiet"]) == 1
    report = msgspec.json.decode(capsys.readouterr().out, type=Report)
    expected = tomllib.loads((SHOP / "tests" / "expected.toml").read_text("utf-8"))["finding"]
    found = {(each.problem, each.location.path, each.location.line): each.routes for each in report.findings}
    assert set(found) == {(each["problem"], each["path"], each["line"]) for each in expected}
    for each in expected:
        routes = found[each["problem"], each["path"], each["line"]]
        assert each["route"] in routes or not each["route"]
    assert report.skipped == ()
