"""The bench of the shop measures what it says: the version mended by hand is whole, every route is asked, shares are shares."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import shop_gain
from bench.shop_gain import (
    BASE,
    HAND,
    PATCH,
    PITSTOP,
    SHOP,
    VERSIONS,
    FailedError,
    Gain,
    copies,
    databases,
    gain,
    one_round,
    table,
)
from bench.shop_requests import LEFT_OUT, Case, Request, cases

ROWS = 3_000


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which pitstop has been: what it leaves there is the unchanged shop."""
    folder = tmp_path_factory.mktemp("gain")
    shutil.copytree(SHOP, folder / PITSTOP, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return folder


@pytest.fixture(scope="module")
def trees(work: Path) -> dict[str, Path]:
    return copies(work)


@pytest.fixture(scope="module")
def filled(trees: dict[str, Path], work: Path) -> dict[str, Path]:
    return databases(trees, work, ROWS)


def test_the_shop_mended_by_hand_passes_its_own_tests(trees: dict[str, Path]) -> None:
    assert (trees[HAND] / "tests" / "test_catalog.py").read_text() == (
        SHOP / "tests" / "test_catalog.py"
    ).read_text()
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SHOP_", "PYTEST_", "PYTHON"))
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "tests"],
        cwd=trees[HAND],
        env=own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_patch_changes_nothing_but_the_service() -> None:
    changed = [
        line.split()[-1] for line in PATCH.read_text("utf-8").splitlines() if line.startswith("diff --git")
    ]
    assert changed
    assert all(path.startswith("b/shop/") for path in changed)


def test_pitstop_never_reads_the_patch() -> None:
    sources = [*(SHOP.parents[1] / "src").rglob("*.py"), *SHOP.rglob("*.py"), *SHOP.rglob("*.toml")]
    assert not [path for path in sources if PATCH.stem in path.read_text("utf-8")]


def test_pitstop_tries_again_what_it_dropped_on_another_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def ended(code: int) -> Callable[..., subprocess.CompletedProcess[str]]:
        def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
            asked.append(command)
            return subprocess.CompletedProcess(command, code)

        return run

    monkeypatch.setattr(subprocess, "run", ended(1))
    shop_gain.tune(tmp_path, tmp_path / "report.json")
    assert asked[0][2:5] == ["pitstop", "tune", str(tmp_path)]
    assert {"--apply", "--again"} <= set(asked[0])
    monkeypatch.setattr(subprocess, "run", ended(3))
    with pytest.raises(SystemExit, match="3"):
        shop_gain.tune(tmp_path, tmp_path / "report.json")


def test_every_route_is_asked_or_said_to_be_left_out(trees: dict[str, Path], filled: dict[str, Path]) -> None:
    script = "import json; from shop.main import app; print(json.dumps(app.openapi()['paths']))"
    for tree in trees.values():
        done = subprocess.run([sys.executable, "-c", script], cwd=tree, capture_output=True, check=True)
        there = {
            f"{method.upper()} {path}" for path, own in json.loads(done.stdout).items() for method in own
        }
        asked = {each.route for each in cases(filled[BASE], "a" * 32)}
        assert asked.isdisjoint(LEFT_OUT)
        assert asked | {*LEFT_OUT, "GET /health"} == there


def test_a_round_has_the_rate_of_each_version(
    trees: dict[str, Path], filled: dict[str, Path], work: Path
) -> None:
    wanted = ["GET /suppliers", "POST /orders/preview"]
    arguments = argparse.Namespace(work=work, routes=wanted, at_once=2, seconds=0.01, rows=ROWS)
    rates = one_round(trees, filled, arguments, compare=True)
    assert list(rates) == wanted
    assert all(set(own) == set(VERSIONS) and min(own.values()) > 0 for own in rates.values())


def test_a_share_is_of_the_gain_by_hand() -> None:
    rates = [{BASE: 100.0 + n, HAND: 300.0 + n, PITSTOP: 280.0 + n} for n in range(8)]
    found = gain("GET /x", rates)
    assert found.is_real
    assert found.share[0] == pytest.approx(0.9)
    assert found.share[1] <= found.share[0] <= found.share[2]
    assert found.hand[0] == pytest.approx(2.93, abs=0.05)


def test_what_may_be_chance_is_no_gain_by_hand() -> None:
    rates = [{BASE: 100.0, HAND: rate, PITSTOP: 100.0} for rate in (90.0, 120.0, 95.0, 130.0, 99.0, 110.0)]
    assert not gain("GET /x", rates).is_real


def test_the_table_marks_what_falls_short() -> None:
    def one(route: str, share: float, low: float = 1.5) -> Gain:
        return Gain(
            route=route,
            rate=50.0,
            hand=(2.0, low, 2.5),
            pitstop=(1.9, 1.8, 2.0),
            share=(share, share - 0.05, share),
        )

    lines = list(table([one("GET /a", 0.95), one("GET /b", 0.5), one("GET /c", 0.1, low=0.9)]))
    marked = [line for line in lines if line.endswith(" <")]
    assert [line.split()[1] for line in marked] == ["/b"]
    assert "1 of 2 routes" in lines[-2]
    assert "no gain by hand" in next(line for line in lines if "GET /c" in line)


def test_what_fails_to_answer_is_not_measured(
    trees: dict[str, Path], filled: dict[str, Path], work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = Request(method="GET", path="/products/none")
    wrong = [Case(route="GET /products/{slug}", requests=lambda: itertools.repeat(missing))]
    monkeypatch.setattr(shop_gain, "cases", lambda *_: wrong)
    arguments = argparse.Namespace(work=work, routes=[], at_once=2, seconds=0.01, rows=ROWS)
    with pytest.raises(FailedError, match="404"):
        one_round(trees, filled, arguments, compare=False)
