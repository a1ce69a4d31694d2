"""Requests and tests that cannot be used: a message to act on, and what is known all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.road.command import Home
from tests.road.service import write
from tests.road.small import FOUND, lay_small


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A service with one problem and one test."""
    return lay_small(tmp_path / "service")


@pytest.mark.parametrize(
    ("text", "said"), [("", "no request"), ('{"method": "GET"\n', "r.jsonl:1"), ("{}\n", "r.jsonl:1")]
)
def test_requests_that_are_none(home: Home, root: Path, text: str, said: str) -> None:
    write(root, {"r.jsonl": text})
    ended = home.run("measure", str(root), "--requests", str(root / "r.jsonl"))
    assert ended.code == 2, ended.err
    assert said in ended.err
    assert FOUND in ended.out


def test_requests_named_in_the_settings_that_are_not_there(home: Home, root: Path) -> None:
    write(root, {"pyproject.toml": '[tool.pitstop]\nrequests = "gone.jsonl"\n'})
    ended = home.run("measure", str(root))
    assert ended.code == 2, ended.err
    assert "gone.jsonl" in ended.err


def test_syntax_error_in_one_file(home: Home, root: Path) -> None:
    write(root, {"broken.py": "def (:\n"})
    ended = home.run("measure", str(root), "--format", "json")
    assert ended.code == 1, ended.err
    report = ended.report()
    assert [finding.problem for finding in report.findings] == [FOUND]
    assert [route.route for route in report.routes] == ["GET /slow"]
    assert any(each.subject == "broken.py" for each in report.skipped)


def test_tests_that_fail_before_anything_is_changed(home: Home, root: Path) -> None:
    write(root, {"test_more.py": "def test_no():\n    assert 1 == 2\n"})
    ended = home.run("measure", str(root))
    assert ended.code == 1, ended.err
    told = "1 of 2 tests fail before anything is changed: test_more.py::test_no"
    assert told in " ".join(ended.out.split())
    assert told in " ".join(ended.err.split()), "it is told at once"
    assert "GET /slow" in ended.out


def test_tests_that_send_no_request(home: Home, root: Path) -> None:
    write(root, {"test_main.py": "def test_no():\n    assert 1 == 2, 'nothing here'\n"})
    ended = home.run("tune", str(root))
    assert ended.code == 3, ended.err
    assert "asked nothing" in ended.err
    assert "nothing here" in ended.err
    assert FOUND in ended.out


def test_suite_that_never_ends(home: Home, root: Path) -> None:
    forever = """
        import subprocess, sys, time
        from test_main import client

        def test_forever():
            client.get("/slow")
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
            time.sleep(600)
    """
    write(root, {"test_zz.py": forever})
    ended = home.run("tune", str(root), "--timeout", "6")
    assert ended.code == 3, ended.err
    assert "the run was stopped after" in ended.err
    assert "test_zz.py::test_forever" in ended.err
    assert "--timeout" in ended.err
    assert FOUND in ended.out
