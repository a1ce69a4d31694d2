"""`debug-in-production`, `reload-in-production`, `logging-on-hot-path`: what a person may choose, as pitstop makes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop import project
from pitstop.data import Declined
from pitstop.errors import PatchError
from pitstop.problems import discover

from ..house.tree import requests_in, section
from .choices import chosen, mended
from .test_readmes import examples
from .trees import check, findings, write

DEBUG, RELOAD, LOGGING = "debug-in-production", "reload-in-production", "logging-on-hot-path"
APP = "from fastapi import FastAPI\n\napp = FastAPI({})\n"


def declined(root: Path, problem: str, option: str) -> str:
    (given,) = chosen(root, problem, option)
    assert isinstance(given, Declined), given
    return given.reason


@pytest.mark.parametrize(
    ("made", "without"),
    [
        (APP.format("debug=True"), APP.format("")),
        (APP.format('title="Shop", debug=True'), APP.format('title="Shop"')),
        (APP.format("") + "app.debug = True\nready = True\n", APP.format("") + "ready = True\n"),
    ],
)
def test_debug_goes(made: str, without: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": made})
    mended(tmp_path, DEBUG, "off")
    assert (tmp_path / "main.py").read_text("utf-8") == without


def test_debug_is_left_to_the_environment_as_the_page_has_it(tmp_path: Path) -> None:
    write(tmp_path, examples(discover()[DEBUG], "Bad"))
    mended(tmp_path, DEBUG, "environment")
    assert {"app/main.py": (tmp_path / "app/main.py").read_text("utf-8")} == examples(
        discover()[DEBUG], "Good"
    )


def test_debug_that_is_set_with_something_else_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP.format("") + "loud = app.debug = True\n"})
    assert "together with" in declined(tmp_path, DEBUG, "off")


DOCKERFILE = """FROM python:3.12
COPY . .
CMD {}
"""
COMPOSE = """services:
  web:
    build: .
    command:{}
    ports:
      - "8000:8000"
"""


@pytest.mark.parametrize(
    ("path", "text", "gone"),
    [
        ("Dockerfile", DOCKERFILE.format('["uvicorn", "main:app", "--reload"]'), ', "--reload"'),
        ("Dockerfile", DOCKERFILE.format('["uvicorn", "--reload", "main:app"]'), ', "--reload"'),
        ("Dockerfile", DOCKERFILE.format("uvicorn main:app \\\n    --reload \\\n    --port 80"), "    --reload \\\n"),
        ("Procfile", "web: uvicorn main:app --reload --port $PORT\n", " --reload"),
        ("compose.yml", COMPOSE.format(" uvicorn main:app --reload"), " --reload"),
        ("compose.yml", COMPOSE.format("\n      - uvicorn\n      - main:app\n      - --reload"), "      - --reload\n"),
        ("gunicorn_conf.py", 'bind = "0.0.0.0:80"\nreload = True\nworkers = 2\n', "reload = True\n"),
    ],
)  # fmt: skip
def test_reload_goes_and_nothing_else(path: str, text: str, gone: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP.format(""), path: text})
    mended(tmp_path, RELOAD, "off")
    after = (tmp_path / path).read_text("utf-8")
    assert after == text.replace(gone, "")


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("uvicorn main:app --reload --reload-dir app", "have to go, too"),
        ("fastapi dev main.py", "listens elsewhere"),
    ],
)
def test_reload_that_is_more_than_one_word_is_left_alone(command: str, why: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP.format(""), "Procfile": f"web: {command}\n"})
    assert why in declined(tmp_path, RELOAD, "off")


def logged(root: Path, line: str) -> str:
    """The diff that writes the lines of the page's Bad example, written in another way, at DEBUG."""
    problem = discover()[LOGGING]
    page = section((problem.folder / "README.md").read_text("utf-8"), "Bad") or ""
    text = examples(problem, "Bad")["main.py"]
    assert "log.info(" in text
    write(root, {"main.py": text.replace("log.info(", line)})
    (finding,) = findings(root, LOGGING, requests_in(page))
    fix = next(each.fix for each in problem.choices if each.option.name == "debug")
    assert fix is not None
    patch = fix(finding, project.read(root, cache=False))
    check(root, patch)
    return patch.diff


def test_lines_of_a_loop_are_written_at_debug(tmp_path: Path) -> None:
    diff = logged(tmp_path / "tree", "log.info(")
    assert '+        log.debug("price of %s added", number)\n' in diff
    with pytest.raises(PatchError, match="for somebody to see it"):
        logged(tmp_path / "loud", "log.warning(")
