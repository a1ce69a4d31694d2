from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pitstop.errors import TargetError
from pitstop.target.discover import discover
from pitstop.target.model import Target
from pitstop.target.workspace import Workspace
from pitstop.traces.records import Run
from pitstop.workload.drive import check_loaded, drive, start
from pitstop.workload.launched import ProbeSettings, lay_probe
from pitstop.workload.model import (
    Driven,
    NeverEnded,
    NothingRan,
    NotStarted,
    Passed,
    Progress,
    Replay,
    SomeFailed,
    Tests,
)
from pitstop.workload.recorded import from_run, read_requests, write_requests
from pitstop.workload.tests import pytest_command
from tests.target.trees import APP, PYTHON, SERVICE, TEST, snapshot, write

QUICK = ProbeSettings(seed=7, watchdog_ms=0)


def target_of(root: Path, files: Mapping[str, str | bytes], **given: Any) -> Target:
    write(root, files)
    return discover(root, **({"app": None, "python": PYTHON, "tests": None, "environment": {}} | given))


def run(target: Target, timeout: float = 120, probe: ProbeSettings = QUICK, **named: Any) -> Driven:
    with Workspace(target.root) as workspace:
        return start(Tests(), target, workspace.path, probe, **named).wait(timeout=timeout)


def test_the_tests_leave_their_requests(tmp_path: Path) -> None:
    target = target_of(tmp_path / "a service é", SERVICE)
    before = snapshot(target.root)
    seen: list[Progress] = []
    with Workspace(target.root) as workspace:
        recorded = drive(Tests(), target, workspace.path, QUICK, timeout=120, on_progress=seen.append)
        assert not list(workspace.path.rglob("__pycache__"))
    assert [(e.key, e.endpoint, e.status, e.body) for e in recorded.exchanges] == [
        ("tests/test_items.py::test_item#1", "GET /items/{number}", 200, b'{"number":3}'),
        ("tests/test_items.py::test_no_number#1", "GET /items/{number}", 422, recorded.exchanges[1].body),
    ]
    assert [test.outcome for test in recorded.tests] == ["passed", "passed"]
    assert (seen[-1].tests, seen[-1].requests) == (2, 2)
    assert seen[-1].label == "tests/test_items.py::test_no_number"
    assert recorded.faults == ()
    assert snapshot(target.root) == before


def test_a_selection(tmp_path: Path) -> None:
    target = target_of(tmp_path, SERVICE)
    with Workspace(tmp_path) as workspace:
        selection = ("tests/test_items.py::test_no_number",)
        recorded = drive(Tests(selection=selection), target, workspace.path, QUICK, timeout=120)
    assert [test.id for test in recorded.tests] == list(selection)


def test_the_same_seed_gives_the_same_order_of_sets(tmp_path: Path) -> None:
    app = (
        APP
        + "\n@app.get('/set')\ndef read_set() -> list[str]:\n    return list({'a', 'b', 'c', 'd', 'e', 'f'})\n"
    )
    test = TEST + "\ndef test_set():\n    client.get('/set')\n"
    target = target_of(tmp_path, SERVICE | {"app/main.py": app, "tests/test_items.py": test})
    bodies = [run(target).run.exchanges[-1].body for _ in range(2)]
    assert bodies[0] == bodies[1]


def test_two_side_by_side(tmp_path: Path) -> None:
    target = target_of(tmp_path, SERVICE)
    with Workspace(tmp_path) as one, one.clone() as two:
        drives = [start(Tests(), target, copy.path, QUICK) for copy in (one, two)]
        endings = [each.wait(timeout=120).ending for each in drives]
    assert endings == [Passed(passed=2), Passed(passed=2)]


# --- ends that a person must be told of ------------------------------------------------------------------------------


def test_tests_that_fail_before_we_start(tmp_path: Path) -> None:
    test = TEST + "\ndef test_wrong():\n    assert client.get('/items/1').json() == 'no'\n"
    driven = run(
        target_of(tmp_path, SERVICE | {"tests/test_items.py": test, "pytest.ini": "[pytest]\naddopts = -x"})
    )
    assert isinstance(driven.ending, SomeFailed)
    assert driven.ending.passed == 2
    assert driven.ending.failed[0][0] == "tests/test_items.py::test_wrong"
    assert "no" in driven.ending.failed[0][1]
    assert len(driven.run.exchanges) == 3


def test_x_does_not_stop_at_the_first_failure(tmp_path: Path) -> None:
    test = TEST.replace("def test_item", "def test_wrong():\n    assert 0\n\n\ndef test_item")
    driven = run(
        target_of(tmp_path, SERVICE | {"tests/test_items.py": test, "pytest.ini": "[pytest]\naddopts = -x"})
    )
    assert isinstance(driven.ending, SomeFailed)
    assert driven.ending.passed == 2


@pytest.mark.parametrize(
    ("files", "cause", "hint"),
    [
        pytest.param(
            {"app/main.py": "import not_there_at_all\n" + APP},
            ["the module 'not_there_at_all' cannot be imported", "app/main.py:1"],
            "--python",
            id="the app fails to import",
        ),
        pytest.param(
            {"app/main.py": "import os\nKEY = os.environ['SHOP_SECRET_NAME']\n" + APP},
            ["the environment variable SHOP_SECRET_NAME is not set", "app/main.py:2"],
            "SHOP_SECRET_NAME=... pitstop ...",
            id="missing environment variable",
        ),
        pytest.param(
            {
                "app/main.py": "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n"
                "    shop_url: str\n    shop_key: str\nsettings = Settings()\n" + APP
            },
            ["the settings class Settings needs SHOP_URL and SHOP_KEY, which are not set"],
            "SHOP_URL=... SHOP_KEY=... pitstop ...",
            id="missing settings",
        ),
        pytest.param(
            {"app/main.py": APP + "def broken(:\n"},
            ["app/main.py:", "cannot be parsed: SyntaxError"],
            "Correct the file",
            id="syntax error in the app",
        ),
        pytest.param(
            {"tests/conftest.py": "import not_there_at_all\n"},
            ["the module 'not_there_at_all' cannot be imported", "tests/conftest.py"],
            "--python",
            id="conftest fails",
        ),
        pytest.param(
            {"app/main.py": APP + "raise RuntimeError('the disc is full')\n"},
            ["RuntimeError: the disc is full", "app/main.py"],
            "Run the tests by hand",
            id="any other error",
        ),
        pytest.param(
            {"app/main.py": APP + "import socket\nsocket.create_connection(('127.0.0.1', 1))\n"},
            ["a server it needs does not answer"],
            "--database URL",
            id="a server that is down",
        ),
        pytest.param(
            {"pytest.ini": "[pytest]\naddopts = --no-such-option\n"},
            ["pytest did not understand its arguments", "--no-such-option"],
            "addopts",
            id="wrong options",
        ),
        pytest.param(
            {"tests/conftest.py": "import os\nos._exit(3)\n"}, ["it stopped before the first request"], "by hand", id="exit"
        ),
    ],
)  # fmt: skip
def test_a_suite_that_cannot_be_collected(
    tmp_path: Path, files: dict[str, str], cause: list[str], hint: str
) -> None:
    driven = run(target_of(tmp_path, SERVICE | files))
    assert isinstance(driven.ending, NotStarted), driven.completed.output
    for text in cause:
        assert text in driven.ending.cause
    assert hint in driven.ending.hint


def test_drive_raises_what_start_gives_as_a_value(tmp_path: Path) -> None:
    target = target_of(tmp_path, SERVICE | {"app/main.py": "import not_there_at_all\n" + APP})
    with Workspace(tmp_path) as workspace, pytest.raises(TargetError, match="not_there_at_all") as raised:
        drive(Tests(), target, workspace.path, QUICK, timeout=120)
    assert raised.value.exit_code == 3
    assert raised.value.hint


def test_no_test_in_the_tests(tmp_path: Path) -> None:
    driven = run(target_of(tmp_path, SERVICE | {"tests/test_items.py": "x = 1\n"}))
    assert driven.ending == NothingRan(reason="pytest collected no test")


def test_a_suite_that_never_ends(tmp_path: Path) -> None:
    test = TEST + "\ndef test_forever():\n    import time\n    client.get('/items/1')\n    time.sleep(600)\n"
    target = target_of(tmp_path, SERVICE | {"tests/test_items.py": test})
    with Workspace(tmp_path) as workspace:
        # the seconds count from here on, so they must be enough for the first two tests on a busy machine
        under_way = start(Tests(), target, workspace.path, QUICK)
        while under_way.progress().requests < 3:
            assert under_way.poll() is None
        driven = under_way.wait(timeout=0)
    assert isinstance(driven.ending, NeverEnded)
    assert driven.ending.passed == 2
    assert driven.ending.last == "tests/test_items.py::test_forever"
    assert len(driven.run.exchanges) == 3


def test_no_tests_at_all(tmp_path: Path) -> None:
    target = target_of(tmp_path, {"main.py": APP})
    with Workspace(tmp_path) as workspace, pytest.raises(TargetError, match="no tests were found") as raised:
        start(Tests(), target, workspace.path, QUICK)
    assert "--tests" in raised.value.hint


# --- suites of all kinds ---------------------------------------------------------------------------------------------


def test_unittest(tmp_path: Path) -> None:
    test = """
        import unittest
        from fastapi.testclient import TestClient
        from app.main import app

        class Items(unittest.TestCase):
            def test_item(self):
                self.assertEqual(TestClient(app).get("/items/3").json(), {"number": 3})
    """
    driven = run(target_of(tmp_path, SERVICE | {"tests/test_items.py": test}))
    assert driven.ending == Passed(passed=1)
    assert [e.test for e in driven.run.exchanges] == ["tests/test_items.py::Items::test_item"]


def test_options_that_would_spread_shuffle_or_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    ini = "[pytest]\naddopts = -n 2 -p randomly --dist loadgroup -x --ff --strict-markers\n"
    driven = run(target_of(tmp_path, SERVICE | {"pytest.ini": ini}))
    assert driven.ending == Passed(passed=2), driven.completed.output
    assert len(driven.run.processes) == 1
    assert [t.id.rpartition("::")[2] for t in driven.run.tests] == ["test_item", "test_no_number"]


def test_plugins_that_pytest_is_told_not_to_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their options would not be understood; those that are loaded by name are switched off as ever."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    target = target_of(tmp_path, SERVICE)
    assert "-n" not in pytest_command(target, environment=os.environ)
    monkeypatch.setenv("PYTEST_PLUGINS", "xdist.plugin")
    assert "-n" in pytest_command(target, environment=os.environ)


def test_a_project_inside_a_repository(tmp_path: Path) -> None:
    files = {f"backend/{name}": text for name, text in SERVICE.items()}
    target = target_of(tmp_path, files | {"backend/requirements.txt": "fastapi"})
    with Workspace(tmp_path) as workspace:
        first = drive(Tests(), target, workspace.path, QUICK, timeout=120)
        again = drive(Tests(selection=(first.tests[1].id,)), target, workspace.path, QUICK, timeout=120)
    assert [e.endpoint for e in first.exchanges] == ["GET /items/{number}"] * 2
    assert [t.id for t in again.tests] == [first.tests[1].id]
    assert any(file.endswith("backend/app/main.py") for file in first.files)


def test_pytest_settings_above_the_tests(tmp_path: Path) -> None:
    files = {f"backend/{name}": text for name, text in SERVICE.items()} | {"backend/requirements.txt": ""}
    target = target_of(tmp_path, files | {"pytest.ini": "[pytest]\n"})
    with Workspace(tmp_path) as workspace:
        first = drive(Tests(), target, workspace.path, QUICK, timeout=120)
        assert first.tests[0].id == "backend/tests/test_items.py::test_item"
        again = drive(Tests(selection=(first.tests[0].id,)), target, workspace.path, QUICK, timeout=120)
    assert [t.id for t in again.tests] == [first.tests[0].id]


# --- the copy, and nothing but the copy ------------------------------------------------------------------------------


def test_code_from_the_users_own_tree_is_refused(tmp_path: Path) -> None:
    conftest = f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\n"
    target = target_of(tmp_path, SERVICE | {"tests/conftest.py": conftest})
    with Workspace(tmp_path) as workspace, pytest.raises(TargetError, match="instead of the copy") as raised:
        drive(Tests(), target, workspace.path, QUICK, timeout=120)
    assert str(tmp_path / "app") in raised.value.message
    assert "sys.path" in raised.value.hint


def test_the_copy_comes_before_an_editable_install(tmp_path: Path) -> None:
    src = {name.replace("app/", "src/app/"): text for name, text in SERVICE.items()}
    target = target_of(tmp_path, src)
    driven = run(target, environment={**os.environ, "PYTHONPATH": str(tmp_path / "src")})
    assert driven.ending == Passed(passed=2)
    assert not any(Path(file).is_relative_to(tmp_path) for file in driven.run.files)


def test_a_module_of_another_library_with_a_common_name_is_no_stray(tmp_path: Path) -> None:
    target = target_of(tmp_path, SERVICE)
    elsewhere = str(tmp_path / ".venv/lib/python3/site-packages/tests/__init__.py")
    check_loaded(Run(files=(elsewhere, "/usr/lib/python3/docs.py")), target, tmp_path / "copy")
    with pytest.raises(TargetError):
        check_loaded(Run(files=("/usr/lib/python3/site-packages/app/main.py",)), target, tmp_path / "copy")


def test_data_named_by_an_absolute_path_is_that_of_the_copy(tmp_path: Path) -> None:
    app = """
        import os
        from pathlib import Path
        from fastapi import FastAPI
        from dotenv import load_dotenv

        load_dotenv(Path(__file__).parent.parent / ".env")
        app = FastAPI()

        @app.get("/items/{number}")
        def read_item(number: int) -> dict[str, int]:
            for name in ("BY_ENVIRONMENT", "BY_FILE"):
                Path(os.environ[name].removeprefix("sqlite:///")).write_text("written by the app")
            return {"number": number}
    """
    root = tmp_path / "a service"
    target = target_of(
        root,
        SERVICE | {"app/main.py": app, ".env": f'BY_FILE="sqlite:///{root}/data.db"\n', "data.db": "mine"},
    )
    driven = run(target, environment={**os.environ, "BY_ENVIRONMENT": f"{root}/other.db"})
    assert driven.ending == Passed(passed=2), driven.completed.output
    assert (root / "data.db").read_text() == "mine"
    assert not (root / "other.db").exists()


def test_the_database_given_is_the_one_used(tmp_path: Path) -> None:
    app = APP + "\nimport os\n@app.get('/db')\ndef db() -> str:\n    return os.environ['DATABASE_URL']\n"
    test = TEST + "\ndef test_db():\n    client.get('/db')\n"
    target = target_of(tmp_path, SERVICE | {"app/main.py": app, "tests/test_items.py": test})
    driven = run(
        target, database="sqlite:///copy.db", environment={**os.environ, "DATABASE_URL": "sqlite:///mine.db"}
    )
    assert driven.run.exchanges[-1].body == b'"sqlite:///copy.db"'


def test_the_runs_folder_is_gone_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = target_of(tmp_path / "p", SERVICE)
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    run(target)
    assert list(place.iterdir()) == []


def test_the_probes_folder_has_nothing_of_ours_but_the_probe(tmp_path: Path) -> None:
    folder = lay_probe(tmp_path / "probe")
    assert {path.name for path in folder.iterdir()} == {"pitstop_probe", "sitecustomize.py"}
    assert {path.suffix for path in folder.rglob("*") if path.is_file()} <= {".py", ".pyc"}


# --- recorded requests -----------------------------------------------------------------------------------------------


def test_requests_recorded_from_tests_replay_alike(tmp_path: Path) -> None:
    app = (
        APP
        + """
from fastapi import Request

@app.post("/echo/{name}")
async def echo(name: str, request: Request, q: str = "") -> dict[str, str]:
    return {"name": name, "q": q, "token": request.headers["authorization"], "body": (await request.body()).decode()}
"""
    )
    test = (
        TEST
        + """

def test_echo():
    client.post("/echo/a b é%25", params={"q": "ü&"}, content="ñ".encode(), headers={"Authorization": "Bearer x"})
"""
    )
    target = target_of(tmp_path / "p", SERVICE | {"app/main.py": app, "tests/test_items.py": test})
    recorded = run(target, probe=ProbeSettings(seed=7, replayable=True)).run
    requests, skipped = from_run(recorded)
    assert (len(requests), skipped) == (3, ())
    file = tmp_path / "requests.jsonl"
    assert write_requests(file, requests) == 3
    assert read_requests(file) == requests
    with Workspace(target.root) as workspace:
        again = drive(Replay(requests=file), target, workspace.path, QUICK, timeout=120)
    assert [(e.endpoint, e.status, e.body) for e in again.exchanges] == [
        (e.endpoint, e.status, e.body) for e in recorded.exchanges
    ]
    assert [e.key for e in again.exchanges] == ["replay#1", "replay#2", "replay#3"]


def test_masked_requests_are_not_replayed(tmp_path: Path) -> None:
    test = TEST + "\ndef test_secret():\n    client.get('/items/1', headers={'Authorization': 'Bearer x'})\n"
    recorded = run(target_of(tmp_path, SERVICE | {"tests/test_items.py": test})).run
    requests, skipped = from_run(recorded)
    assert len(requests) == 2
    assert [(s.subject, s.reason) for s in skipped] == [
        (
            "tests/test_items.py::test_secret#1",
            "its header authorization was masked: record with `replayable`",
        )
    ]


def test_a_replay_of_an_app_that_cannot_be_imported(tmp_path: Path) -> None:
    target = target_of(tmp_path / "p", SERVICE | {"app/main.py": "import not_there_at_all\n" + APP})
    file = tmp_path / "requests.jsonl"
    file.write_text('{"method": "GET", "path": "/items/1"}\n')
    with Workspace(target.root) as workspace, pytest.raises(TargetError, match="not_there_at_all"):
        drive(Replay(requests=file), target, workspace.path, QUICK, timeout=120)


def test_a_replay_of_nothing(tmp_path: Path) -> None:
    target = target_of(tmp_path / "p", SERVICE)
    (tmp_path / "requests.jsonl").write_text("")
    with Workspace(target.root) as workspace:
        driven = start(Replay(requests=tmp_path / "requests.jsonl"), target, workspace.path, QUICK).wait(
            timeout=120
        )
    assert isinstance(driven.ending, NothingRan)


def test_the_interpreter_is_the_targets_own(tmp_path: Path) -> None:
    driven = run(target_of(tmp_path, SERVICE))
    assert driven.run.processes[0].executable == sys.executable
