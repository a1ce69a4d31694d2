"""Services that cannot be run: each ends with its exit code, a message to act on, and what is known all the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.road.command import Home
from tests.road.service import write
from tests.road.small import FOUND, MAIN, TEST, lay_small


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A service with one problem and one test."""
    return lay_small(tmp_path / "service")


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
