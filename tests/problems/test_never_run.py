"""What no request and nobody else runs is not told, however slow it would be."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop import project
from pitstop.problems import diagnosis, discover

from .trees import write

NAME = "blocking-call-in-async"
MAIN = """\
from fastapi import FastAPI

from helpers import {imported}

app = FastAPI()


@app.get("/")
async def root() -> int:
    return {called}
"""
HELPERS = """\
import time


async def slow() -> int:
    time.sleep(1)
    return 1


async def idle() -> int:
    return await slow()


class Keeper:
    async def slow(self) -> int:
        time.sleep(1)
        return 1
"""


def told(root: Path, files: dict[str, str]) -> list[str]:
    """The functions with a blocking call, as `inspect` tells them."""
    read = project.read(write(root, files), cache=False)
    found, failed = diagnosis.read(read, [discover()[NAME]])
    assert failed == []
    return sorted(finding.location.symbol for finding in found)


def test_a_function_that_is_only_imported_or_called_by_such_is_never_run(tmp_path: Path) -> None:
    files = {"main.py": MAIN.format(imported="Keeper, idle", called="1"), "helpers.py": HELPERS}
    assert told(tmp_path, files) == []


@pytest.mark.parametrize(
    ("imported", "called", "expected"),
    [
        ("idle", "await idle()", ["helpers.slow"]),
        ("idle", "hash(idle)", ["helpers.slow"]),
        ("Keeper", "hash(Keeper)", ["helpers.Keeper.slow"]),
        ("idle as other", "hash(other)", ["helpers.slow"]),
    ],
)
def test_what_is_named_anywhere_may_be_run(
    tmp_path: Path, imported: str, called: str, expected: list[str]
) -> None:
    files = {"main.py": MAIN.format(imported=imported, called=called), "helpers.py": HELPERS}
    assert told(tmp_path, files) == expected


@pytest.mark.parametrize(
    "more",
    [
        {"jobs.py": "import importlib\n\nimportlib.import_module('helpers')\n"},
        {"pyproject.toml": '[project.scripts]\nidle = "helpers:idle"\n'},
        {"start.sh": "python -c 'import helpers; helpers.idle()'\n"},
        {"jobs.py": "import helpers\n\nJOBS = ['idle']\n"},
    ],
)
def test_what_others_than_the_code_may_name_may_be_run(tmp_path: Path, more: dict[str, str]) -> None:
    files = {"main.py": MAIN.format(imported="Keeper", called="1"), "helpers.py": HELPERS, **more}
    assert "helpers.slow" in told(tmp_path, files)


def test_where_there_is_no_app_others_call_what_is_there(tmp_path: Path) -> None:
    files = {"__init__.py": "from .helpers import idle\n", "helpers.py": HELPERS}
    read = project.read(write(tmp_path, files), cache=False)
    assert not any(read.unused.has(function) for function in read.functions)


SHADOWED = """\
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/items/{key}")
async def item(key: str) -> str:
    return key


@app.get("/items/newest")
async def newest() -> str:
    time.sleep(1)
    return await helper()


async def helper() -> str:
    time.sleep(1)
    return ""
"""


def test_a_handler_that_no_request_reaches_is_never_run_nor_what_it_calls(tmp_path: Path) -> None:
    assert told(tmp_path / "shadowed", {"main.py": SHADOWED}) == []
    first = SHADOWED.replace("/items/{key}", "/keys/{key}")
    assert told(tmp_path / "reached", {"main.py": first}) == ["main.helper", "main.newest"]


def test_a_handler_with_one_route_of_two_in_the_shadow_is_run(tmp_path: Path) -> None:
    both = SHADOWED.replace('@app.get("/items/newest")', '@app.get("/newest")\n@app.get("/items/newest")')
    assert told(tmp_path, {"main.py": both}) == ["main.helper", "main.newest"]
