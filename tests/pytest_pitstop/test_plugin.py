"""Budgets in a project's own tests, as its developers run them: a process of pytest's own, in a small service."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

APP = """
import time
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

plain = create_engine("sqlite:///plain.db")
waiting = create_async_engine("sqlite+aiosqlite:///waiting.db")


@asynccontextmanager
async def lifespan(app):
    with plain.begin() as connection:
        connection.execute(text("SELECT 'at the start'"))
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/plain/{times}")
def of_plain(times: int):
    with plain.connect() as connection:
        return [connection.execute(text("SELECT 1")).scalar() for _ in range(times)]


@app.get("/waiting/{times}")
async def of_waiting(times: int):
    async with waiting.connect() as connection:
        return [(await connection.execute(text("SELECT 2"))).scalar() for _ in range(times)]


@app.get("/bytes/{size}")
async def of_bytes(size: int):
    return "x" * (size - 2)


@app.get("/blocked/{ms}")
async def of_blocked(ms: int):
    time.sleep(ms / 1000)
"""
HEAD = """
import pytest
from fastapi.testclient import TestClient

from app.main import app

client = TestClient(app)
"""
BUDGETS = """
[tool.pitstop.budgets]
"GET *" = { max_statements = 2, p95 = 1 }
"GET /plain/{times}" = { max_statements = 3 }
"""


def run(root: Path, tests: str, *options: str, settings: str = "") -> subprocess.CompletedProcess[str]:
    """pytest on a service with these tests, from the folder above `app/`."""
    (root / "app").mkdir()
    (root / "app" / "__init__.py").touch()
    (root / "app" / "main.py").write_text(APP)
    (root / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\naddopts = '--strict-markers'\n" + settings
    )
    (root / "test_it.py").write_text(HEAD + tests)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *options]
    # As a person's shell has it: what speaks to the pytest around is no business of this one.
    shell = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        command, cwd=root, env=shell, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_test_whose_request_sends_more_than_it_may_fails_with_the_line_that_sends_it(
    tmp_path: Path,
) -> None:
    done = run(
        tmp_path,
        """
@pytest.mark.budget(max_statements=3)
@pytest.mark.parametrize("way", ["plain", "waiting"])
@pytest.mark.parametrize("times", [3, 4])
def test_it(way, times):
    assert client.get(f"/{way}/{times}").status_code == 200
""",
    )
    assert "2 failed, 2 passed" in done.stdout, done.stdout + done.stderr
    line = next(n for n, text in enumerate(APP.splitlines(), 1) if "plain.connect" in text) + 1
    assert (
        "  GET /plain/{times}: sent 4 statements, 4 times at app/main.py:"
        + str(line)
        + " the same: SELECT 1;, and may 3"
    ) in done.stdout
    assert "GET /waiting/{times}: sent 4 statements" in done.stdout


def test_bytes_and_blocking_are_limited_too(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        """
@pytest.mark.budget(max_bytes=1000)
def test_small():
    client.get("/bytes/1000")


@pytest.mark.budget(max_bytes=1000)
def test_large():
    client.get("/bytes/1001")


@pytest.mark.budget(max_blocked_ms=20)
def test_quick():
    client.get("/blocked/0")


@pytest.mark.budget(max_blocked_ms=20)
def test_blocked():
    client.get("/blocked/300")
""",
    )
    assert "2 failed, 2 passed" in done.stdout, done.stdout + done.stderr
    assert "GET /bytes/{size}: answered with 1,001 bytes, and may 1000" in done.stdout
    assert "GET /blocked/{ms}: blocked the event loop for " in done.stdout
    assert " ms at app/main.py:" in done.stdout


def test_a_budget_of_a_route_is_about_its_requests_alone_and_passes_for_no_other(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        """
@pytest.mark.budget(max_statements=1, route="GET /waiting/{times}")
def test_other():
    client.get("/plain/9")
    client.get("/waiting/1")


@pytest.mark.budget(max_statements=1, route="GET /waiting/{times}")
def test_none():
    client.get("/plain/1")


@pytest.mark.budget(max_statements=1)
def test_nothing():
    pass
""",
    )
    assert "2 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert (
        "there was no request of GET /waiting/{times} to hold to the budget; there was GET /plain/{times}"
        in done.stdout
    )
    assert "there was no request to hold to the budget; there was none at all" in done.stdout


def test_the_fixture_is_about_what_is_asked_within_and_tells_what_requests_cost(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        """
def test_within(budget):
    client.get("/plain/9")
    with budget(max_statements=2):
        client.get("/plain/2")
    assert [each.statements for each in budget.requests] == [9, 2]
    assert budget.requests[0].route == "GET /plain/{times}"


def test_over(budget):
    with budget(max_statements=2, route="GET /plain/{times}"):
        client.get("/plain/3")


def test_that_fails_itself(budget):
    with budget(max_statements=2):
        client.get("/plain/3")
        raise KeyError("its own")
""",
    )
    assert "2 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "sent 3 statements, 3 times" in done.stdout
    assert "KeyError: 'its own'" in done.stdout


def test_what_fixtures_ask_and_the_service_does_as_it_starts_costs_a_test_nothing(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        """
@pytest.fixture(autouse=True)
def asked():
    client.get("/plain/9")
    yield
    client.get("/plain/9")


@pytest.mark.budget(max_statements=1)
def test_it():
    with TestClient(app) as started:
        started.get("/plain/1")
""",
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_coroutines_in_the_loop_of_the_test_are_heard(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        """
import httpx


@pytest.mark.anyio
@pytest.mark.budget(max_statements=2)
@pytest.mark.parametrize("times", [2, 3])
async def test_it(times):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as other:
        await other.get(f"/waiting/{times}")


@pytest.fixture
def anyio_backend():
    return "asyncio"
""",
    )
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "GET /waiting/{times}: sent 3 statements" in done.stdout


def test_the_option_holds_all_tests_to_the_settings(tmp_path: Path) -> None:
    tests = """
def test_exact():
    client.get("/plain/3")


def test_pattern():
    client.get("/waiting/3")
"""
    done = run(tmp_path, tests, "--pitstop-budgets", settings=BUDGETS)
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "GET /waiting/{times}: sent 3 statements, 3 times" in done.stdout
    assert "and may 2 (budget of GET *)" in done.stdout


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        (
            "(max_statement=1)",
            "`budget` has no `max_statement`; it has max_statements, max_bytes, max_blocked_ms",
        ),
        ("(p95=1)", "`budget` has no `p95`: times are checked by `pitstop measure --check`"),
        ("", "`budget` limits nothing"),
        ("(5)", "name the limits of `budget`"),
    ],
)
def test_a_budget_that_cannot_be_is_said_before_any_test_runs(
    tmp_path: Path, marked: str, message: str
) -> None:
    done = run(tmp_path, f"\n@pytest.mark.budget{marked}\ndef test_it():\n    client.get('/plain/1')\n")
    assert message in done.stdout + done.stderr
    assert "passed" not in done.stdout


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("", "have no budgets"),
        ('[tool.pitstop.budgets]\n"GET /a" = { max_statement = 1 }\n', "unknown field `max_statement`"),
        ('[tool.pitstop.budgets]\n"GET /a" = {}\n', "it limits nothing"),
    ],
)
def test_settings_that_hold_no_budgets_are_said(tmp_path: Path, settings: str, message: str) -> None:
    done = run(tmp_path, "\ndef test_it():\n    pass\n", "--pitstop-budgets", settings=settings)
    assert message in done.stdout + done.stderr
    assert done.returncode == 4


def test_where_nobody_asks_nothing_is_listened_to(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        """
def test_it():
    import sys
    client.get("/plain/9")
    assert "pitstop_probe" not in sys.modules
    assert "msgspec" not in sys.modules
""",
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_each_process_of_xdist_listens_for_itself(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        """
@pytest.mark.budget(max_statements=2)
@pytest.mark.parametrize("times", [1, 2, 3, 4])
def test_it(times):
    client.get(f"/plain/{times}")
""",
        "-n2",
    )
    assert "2 failed, 2 passed" in done.stdout, done.stdout + done.stderr
