"""`missing-timeout`: what the options change, and which calls are left to a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop import project
from pitstop.errors import PatchError, UsageError
from pitstop.given import check_decisions
from pitstop.problems import discover

from .trees import write

MAIN = """\
import asyncio
import functools

import aiohttp
import httpx
import requests
from fastapi import FastAPI

app = FastAPI()


@app.get("/rates")
def rates() -> str:
    {call}
    return answer.text
"""


def mended(root: Path, option: str) -> str:
    """The only change of the option for the only finding."""
    problem = discover()["missing-timeout"]
    assert problem.rule is not None
    read = project.read(root, cache=False)
    (finding,) = problem.rule(read)
    (fix,) = [choice.fix for choice in problem.choices if choice.option.name == option]
    assert fix is not None
    patch = fix(finding, read)
    assert patch.aims == ()
    (change,) = patch.changes
    return change.after or ""


@pytest.mark.parametrize(
    ("call", "after"),
    [
        ('answer = requests.get("http://a")', 'answer = requests.get("http://a", timeout=10)'),
        ('answer = requests.get("http://a", timeout=None)', 'answer = requests.get("http://a", timeout=10)'),
        (
            'answer = httpx.Client(timeout=httpx.Timeout(None)).get("http://a")',
            'answer = httpx.Client(timeout=httpx.Timeout(10)).get("http://a")',
        ),
        (
            "answer = requests.get(\n        'http://a',  # the rates\n    )",
            "answer = requests.get(\n        'http://a',  # the rates\n        timeout=10,\n    )",
        ),
    ],
)
def test_ten_seconds(call: str, after: str, tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": MAIN.replace("{call}", call)})
    assert mended(root, "10s") == MAIN.replace("{call}", after)
    assert mended(root, "60s") == MAIN.replace("{call}", after.replace("10", "60"))


def test_what_pitstop_cannot_make_is_not_taken_for_a_decision() -> None:
    check_decisions({"missing-timeout": "60s"})
    with pytest.raises(UsageError, match="cannot make `by-hand`") as raised:
        check_decisions({"missing-timeout": "by-hand"})
    assert raised.value.hint == "It can make: 10s, 60s."


def test_no_keyword_can_be_handed_on(tmp_path: Path) -> None:
    call = 'answer = await asyncio.get_running_loop().run_in_executor(None, requests.get, "http://a")'
    root = write(tmp_path, {"main.py": MAIN.replace("{call}", call).replace("def rates", "async def rates")})
    with pytest.raises(PatchError, match="hands no keywords on"):
        mended(root, "10s")
