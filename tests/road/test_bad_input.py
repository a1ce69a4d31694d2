"""Input that cannot be used: each ends with its exit code, a message to act on, and what is known all the same."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from pitstop import pipeline
from pitstop.data import FileChange, Finding, Location, Proved
from pitstop.patching.edits import make_patch
from pitstop.proof.lockstep import LockStep
from pitstop.reports.progress import Silent
from tests.road.command import Home, snapshot
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
TEST = """\
    from fastapi.testclient import TestClient
    from main import app

    client = TestClient(app)


    def test_slow():
        assert client.get("/slow").json() == {"slow": 1}
"""
SMALL = {"main.py": MAIN, "test_main.py": TEST}
FOUND = "blocking-call-in-async"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A service with one problem and one test."""
    return write(tmp_path / "service", SMALL)


# --- no service that could be run ------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["inspect", "measure", "tune"])
def test_path_that_is_not_there_or_is_a_file(home: Home, root: Path, verb: str) -> None:
    missing = home.run(verb, str(root / "nowhere"))
    assert (missing.code, missing.out) == (2, "")
    assert "nowhere does not exist" in missing.err
    file = home.run(verb, str(root / "main.py"))
    assert file.code == 2
    assert "is a file" in file.err
    assert str(root) in file.err


def test_folder_without_python(home: Home, tmp_path: Path) -> None:
    ended = home.run("tune", str(write(tmp_path / "empty", {"readme.txt": "nothing"})))
    assert ended.code == 2
    assert "no Python file" in ended.err


def test_no_app(home: Home, root: Path) -> None:
    text = MAIN.replace("import FastAPI", "import APIRouter").replace(
        "app = FastAPI()", "router = APIRouter()"
    )
    write(root, {"main.py": text.replace("@app.", "@router.")})
    for verb in ("measure", "tune"):
        ended = home.run(verb, str(root))
        assert ended.code == 3, ended.err
        assert "--app" in ended.err
        assert FOUND in ended.out


def test_two_apps(home: Home, tmp_path: Path) -> None:
    root = write(
        tmp_path / "two", {"one.py": MAIN, "two.py": MAIN, "test_one.py": TEST.replace("main", "one")}
    )
    ended = home.run("measure", str(root))
    assert ended.code == 3, ended.err
    assert "one:app" in ended.err
    assert "two:app" in ended.err
    assert "--app" in ended.err
    assert FOUND in ended.out
    chosen = home.run("measure", str(root), "--app", "one:app")
    assert chosen.code == 1, chosen.err
    assert "GET /slow" in chosen.out


def test_app_that_cannot_be_imported(home: Home, root: Path) -> None:
    write(root, {"main.py": "    import no_such_thing\n" + MAIN})
    ended = home.run("tune", str(root))
    assert ended.code == 3, ended.err
    assert "no_such_thing" in ended.err
    assert "main.py:1" in ended.err
    assert FOUND in ended.out


def test_missing_environment_variable_and_how_to_give_it(home: Home, root: Path) -> None:
    write(root, {"main.py": "    import os\n\n    KEY = os.environ['SHOP_KEY']\n" + MAIN})
    ended = home.run("measure", str(root))
    assert ended.code == 3, ended.err
    assert "the environment variable SHOP_KEY is not set" in ended.err
    assert "[tool.pitstop.environment]" in ended.err
    assert FOUND in ended.out
    write(root, {"pyproject.toml": '[tool.pitstop]\nenvironment = { SHOP_KEY = "k" }\n'})
    ended = home.run("measure", str(root))
    assert ended.code == 1, ended.err
    assert "GET /slow" in ended.out


def test_interpreter_without_fastapi(home: Home, root: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True, timeout=120)
    ended = home.run("tune", str(root), "--python", str(bare / "bin" / "python"))
    assert ended.code == 3, ended.err
    assert "fastapi is not installed in it" in ended.err
    assert "--python" in ended.err
    assert FOUND in ended.out


def test_neither_tests_nor_requests(home: Home, root: Path) -> None:
    (root / "test_main.py").unlink()
    ended = home.run("tune", str(root))
    assert ended.code == 3, ended.err
    assert "--tests" in ended.err
    assert "--requests" in ended.err
    assert FOUND in ended.out


# --- requests --------------------------------------------------------------------------------------------------------


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


# --- tests -----------------------------------------------------------------------------------------------------------


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
    assert "1 of 2 tests fail before anything is changed: test_more.py::test_no" in " ".join(
        ended.out.split()
    )
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


# --- databases -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://someone:verysecret@db.example.com/shop", "another machine"),
        ("mysql://someone:verysecret@127.0.0.1/shop", "neither PostgreSQL nor SQLite"),
        ("sqlite:///nowhere.db", "there is no database"),
    ],
)
def test_database_that_cannot_be_copied(home: Home, root: Path, url: str, said: str) -> None:
    for verb in ("measure", "tune"):
        ended = home.run(verb, str(root), "--database", url)
        assert ended.code == 3, ended.err
        assert said in ended.err
        assert "verysecret" not in ended.err + ended.out
        assert FOUND in ended.out


def test_database_that_the_tests_reach_for_and_that_is_no_copy(home: Home, root: Path) -> None:
    connecting = """
        import psycopg
        from test_main import client

        def test_rows():
            client.get("/slow")
            psycopg.connect("postgresql://someone:verysecret@127.0.0.1:1/shop", connect_timeout=3)
    """
    write(root, {"test_rows.py": connecting})
    ended = home.run("measure", str(root), "--format", "json")
    assert ended.code == 1, ended.err
    (refused,) = [each for each in ended.report().skipped if "not a copy" in each.reason]
    assert "127.0.0.1:1" in refused.subject
    assert "--database" in refused.reason
    assert "verysecret" not in ended.out + ended.err


def test_the_given_database_is_copied_and_the_named_variable_leads_to_it(home: Home, root: Path) -> None:
    main = """
        import os
        import sqlite3

        from fastapi import FastAPI

        app = FastAPI()
        place = "".join(("SHOP", "_", "PLACE"))


        @app.get("/rows")
        def rows() -> int:
            path = os.environ[place].removeprefix("sqlite:///")
            with sqlite3.connect(path) as connection:
                connection.execute("insert into items values (2)")
                return connection.execute("select count(*) from items").fetchone()[0]
    """
    test = """
        from fastapi.testclient import TestClient
        from main import app

        def test_rows():
            assert TestClient(app).get("/rows").json() == 2
    """
    write(root, {"main.py": main, "test_main.py": test})
    write(
        root,
        {"pyproject.toml": '[tool.pitstop]\ndatabase-env = "SHOP_PLACE"\ndatabase = "sqlite:///data.db"\n'},
    )
    with sqlite3.connect(root / "data.db") as connection:
        connection.execute("create table items (id integer)")
        connection.execute("insert into items values (1)")
    connection.close()
    before = snapshot(root)
    ended = home.run("measure", str(root), "--format", "json")
    assert ended.code == 0, ended.err + ended.out
    assert [route.route for route in ended.report().routes] == ["GET /rows"]
    assert snapshot(root) == before


# --- places ----------------------------------------------------------------------------------------------------------


def test_read_only_tree_is_measured_and_not_applied_to(home: Home, root: Path) -> None:
    for path in (*root.rglob("*"), root):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = snapshot(root)
    ended = home.run("measure", str(root), unprivileged=True)
    assert ended.code == 1, ended.err
    assert "GET /slow" in ended.out
    refused = home.run("tune", str(root), "--apply", unprivileged=True)
    root.chmod(0o755)
    assert refused.code == 2, refused.err
    assert f"{root} cannot be written" in refused.err
    assert FOUND in refused.out
    assert snapshot(root) == before


def test_branch_without_git_is_said_before_the_work(home: Home, root: Path, tmp_path: Path) -> None:
    ended = home.run("tune", str(root), "--branch", "better")
    assert ended.code == 2, ended.err
    assert "is not in a git repository" in ended.err
    assert "measure" not in ended.err
    assert FOUND in ended.out
    (tmp_path / "bin").mkdir()
    home.environment["PATH"] = str(tmp_path / "bin")
    ended = home.run("tune", str(root), "--branch", "better")
    assert ended.code == 2, ended.err
    assert "git is not installed" in ended.err


def test_branch_that_is_there_already(home: Home, root: Path) -> None:
    git = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b.example"]
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["commit", "-qm", "first"],
        ["branch", "pitstop"],
    ):
        subprocess.run([*git, *arguments], check=True, timeout=60)
    ended = home.run("tune", str(root), "--branch")
    assert ended.code == 2, ended.err
    assert "there is a branch pitstop already" in ended.err


@pytest.mark.parametrize("option", ["--apply", "--patches"])
def test_places_that_cannot_be_written_are_said_before_the_work(home: Home, root: Path, option: str) -> None:
    (home.path / "file").write_text("")
    home.environment["XDG_STATE_HOME"] = str(home.path / "file" / "state")
    given = [option] if option == "--apply" else [option, str(home.path / "file" / "patches")]
    before = snapshot(root)
    ended = home.run("tune", str(root), *given)
    assert ended.code == 2, ended.err
    assert "cannot be written" in ended.err
    assert FOUND in ended.out
    assert "measure" not in ended.err
    assert snapshot(root) == before


FULL = """\
    import errno
    import os
    import sys

    from pitstop.cli import main
    from pitstop.target import copying, workspace
    from pitstop.workload import drive


    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/full/file")


    if sys.argv.pop(1) == "copy":
        copying.copy_file = workspace.copy_file = full
    else:
        drive.lay_probe = full
    sys.exit(main())
"""


@pytest.mark.parametrize("when", ["copy", "run"])
def test_temporary_folder_that_is_full(home: Home, root: Path, when: str) -> None:
    script = write(home.path / "scripts", {"full.py": FULL}) / "full.py"
    done = subprocess.run(
        [sys.executable, str(script), when, "measure", str(root)],
        env={**os.environ, "TMPDIR": str(home.temporary), "XDG_CACHE_HOME": str(home.cache)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert ("no room" if when == "copy" else "/full/file: No space left on device") in done.stderr
    assert "TMPDIR" in done.stderr
    assert FOUND in done.stdout
    home.is_clean()


def test_temporary_folder_with_a_name_too_long_for_a_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(write(tmp_path / ("long" * 30), {"x": ""})))
    with LockStep(("before", "control"), ()) as meeting:
        address = Path(meeting.address("control"))
        assert address.is_socket()
    assert not address.parent.exists()


def test_own_folder_for_patches_that_cannot_be_written_costs_no_report(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody asked for that folder: the patches are in the report, and what to do is said."""
    write(tmp_path, {"file": ""})
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    finding = Finding(
        id="f", problem=FOUND, domain="async", severity="high", confidence="certain", message="slow",
        location=Location(path="main.py", line=1),
    )  # fmt: skip
    before = (root / "main.py").read_text("utf-8")
    patch = make_patch(finding, "a patch", [FileChange(path="main.py", before=before, after="x = 1\n")], ())
    proved = Proved(patch=patch.id, finding="f", problem=FOUND, title="a patch", reason="faster")
    known = pipeline._Known(root, patches=[patch], verdicts=[proved])
    pipeline._hand_over(known, Silent(), apply=False, branch=None, patches=None)
    (skipped,) = known.report().skipped
    assert skipped.stage == "hand over"
    assert "cannot be written" in skipped.reason
    assert known.next.endswith("--patches FOLDER")
