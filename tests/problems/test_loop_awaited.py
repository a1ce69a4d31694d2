"""`loop-inside-loop`: the coroutine awaited, where all that leads there is a coroutine or can become one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pitstop.data import Patch

from .trees import apply, patched, proposals, reason, write

PROBLEM = "loop-inside-loop"
HEAD = "import asyncio\n\nfrom fastapi import Depends, FastAPI\n\napp = FastAPI()\n"
FETCH = """

async def fetch() -> int:
    await asyncio.sleep(0)
    return 1
"""
NUMBER = """

def number() -> int:
    return asyncio.run(fetch())
"""
ROUTE = """

@app.get("/number")
async def show() -> int:
    return number() + 1
"""
RUN = (
    "from fastapi.testclient import TestClient; import main; print(TestClient(main.app).get('/number').text)"
)


def answer(root: Path) -> str:
    command = [sys.executable, "-c", RUN]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60).stdout


def test_functions_on_the_way_become_coroutines(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": HEAD + FETCH + NUMBER + ROUTE})
    diff = patched(tmp_path, PROBLEM)
    assert "+async def number() -> int:\n+    return await fetch()\n" in diff
    assert "+    return (await number()) + 1\n" in diff
    assert answer(tmp_path) == "2\n"


def test_a_loop_that_was_made_for_it_goes(tmp_path: Path) -> None:
    made = "    loop = asyncio.new_event_loop()\n    return loop.run_until_complete(fetch())\n"
    route = f"\n\nasync def found() -> int:\n{made}\n\n@app.get('/number')\nasync def show(n: int = Depends(found)):\n    return n\n"
    write(tmp_path, {"main.py": HEAD + FETCH + route})
    diff = patched(tmp_path, PROBLEM)
    assert "-    loop = asyncio.new_event_loop()\n" in diff
    assert answer(tmp_path) == "1\n"


def test_it_goes_through_modules_and_an_import_that_is_dead_goes(tmp_path: Path) -> None:
    rates = "import asyncio\n\nfrom fetching import fetch\n\n\ndef number() -> int:\n    return asyncio.run(fetch())\n"
    main = HEAD.replace("import asyncio\n\n", "").replace("app =", "from rates import number\n\napp =")
    write(tmp_path, {"fetching.py": f"import asyncio\n{FETCH}", "rates.py": rates, "main.py": main + ROUTE})
    (given,) = proposals(tmp_path, PROBLEM)
    assert isinstance(given, Patch)
    assert given.meant.failures
    apply(tmp_path, given)
    assert "import asyncio" not in (tmp_path / "rates.py").read_text("utf-8")
    assert answer(tmp_path) == "2\n"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("\n\ndef job() -> int:\n    return number()\n", "called by `job`"),
        ("\n\nprint(number)\n", "used elsewhere"),
        ('\n\n@app.get("/other")\nasync def other(n: int = Depends(number)) -> int:\n    return n\n', "used elsewhere"),
    ],
)  # fmt: skip
def test_a_function_that_others_use_stays(more: str, why: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": HEAD + FETCH + NUMBER + ROUTE + more})
    assert why in reason(tmp_path, PROBLEM)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("asyncio.run(fetch())", "asyncio.run(fetch(), debug=True)", "settings of its own"),
        ("def number", "@kept\ndef number", "decorated"),
        ("return asyncio.run(fetch())", "return sum(asyncio.run(fetch()) for _ in range(2))", "expression of its own"),
        ("    return asyncio.run(", "    loop = asyncio.get_event_loop()\n    print(loop)\n    return loop.run_until_complete(", "more than to wait"),
    ],
)  # fmt: skip
def test_what_an_await_does_not_replace_is_declined(old: str, new: str, why: str, tmp_path: Path) -> None:
    kept = "\n\ndef kept(function):\n    return function\n"
    write(tmp_path, {"main.py": HEAD + kept + FETCH + NUMBER.replace(old, new) + ROUTE})
    assert why in reason(tmp_path, PROBLEM)


def test_a_method_is_declined(tmp_path: Path) -> None:
    owner = (
        NUMBER.replace("\n\ndef", "\n\nclass Rates:\n    def")
        .replace("number()", "number(self)")
        .replace("    return", "        return")
    )
    write(tmp_path, {"main.py": HEAD + FETCH + owner + ROUTE.replace("number()", "Rates().number()")})
    assert "is a method" in reason(tmp_path, PROBLEM)
