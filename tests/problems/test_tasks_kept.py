"""`task-without-owner`: tasks put into a set of their module until they are done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pitstop.data import Patch

from .trees import patched, proposals, reason, write

PROBLEM = "task-without-owner"
HEAD = """import asyncio

from fastapi import FastAPI

app = FastAPI()
seen = []


async def notify(order_id):
    await asyncio.sleep(0)
    seen.append(order_id)
"""
ROUTE = """

@app.post("/orders/{order_id}/%s")
async def %s(order_id):
    %s
"""
START = "asyncio.create_task(notify(order_id))"
RUN = """
import asyncio, main
async def run():
    for name in ("paid", "sent"):
        await getattr(main, name, main.paid)(1)
    print(len(getattr(main, "background_tasks", ())))
    await asyncio.sleep(0.05)
    print(main.seen, len(getattr(main, "background_tasks", ())))
asyncio.run(run())
"""


def ran(root: Path) -> list[str]:
    command = [sys.executable, "-c", RUN]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()


def test_one_task_is_named_and_kept_where_it_is_started(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": HEAD + ROUTE % ("paid", "paid", START)})
    before = ran(tmp_path)
    patched(tmp_path, PROBLEM)
    assert (tmp_path / "main.py").read_text("utf-8") == HEAD + (
        "\n\n# An event loop has weak references to its tasks only.\nbackground_tasks = set()\n"
        + ROUTE
        % (
            "paid",
            "paid",
            f"task = {START}\n    background_tasks.add(task)\n    task.add_done_callback(background_tasks.discard)",
        )
    )
    assert (before, ran(tmp_path)) == (["0", "[1, 1] 0"], ["2", "[1, 1] 0"])


def test_several_share_a_function(tmp_path: Path) -> None:
    loop = "loop = asyncio.get_running_loop()\n    loop.create_task(notify(order_id))"
    write(tmp_path, {"main.py": HEAD + ROUTE % ("paid", "paid", START) + ROUTE % ("sent", "sent", loop)})
    diff = patched(tmp_path, PROBLEM)
    assert "+def keep_task(task):\n+    background_tasks.add(task)\n" in diff
    assert f"+    keep_task({START})\n" in diff
    assert "+    keep_task(loop.create_task(notify(order_id)))\n" in diff
    assert ran(tmp_path) == ["2", "[1, 1] 0"]


def test_types_are_said_where_the_file_says_some(tmp_path: Path) -> None:
    typed = HEAD.replace("notify(order_id)", "notify(order_id: int) -> None")
    write(
        tmp_path,
        {"main.py": typed + ROUTE % ("paid", "paid", START) + ROUTE % ("sent", "sent", START)},
    )
    diff = patched(tmp_path, PROBLEM)
    assert "+background_tasks: set[asyncio.Task[Any]] = set()\n" in diff
    assert "+def keep_task(task: asyncio.Task[Any]) -> None:\n" in diff
    assert "+from typing import Any\n" in diff
    assert ran(tmp_path) == ["2", "[1, 1] 0"]


def test_a_set_that_is_there_for_it_is_used(tmp_path: Path) -> None:
    known = HEAD + "\n\nbackground_tasks = set()\n"
    there = f"task = {START}\n    background_tasks.add(task)\n    task.add_done_callback(background_tasks.discard)"
    write(tmp_path, {"main.py": known + ROUTE % ("paid", "paid", there) + ROUTE % ("sent", "sent", START)})
    diff = patched(tmp_path, PROBLEM)
    assert "set()" not in diff
    assert f"-    {START}\n+    task = {START}\n+    background_tasks.add(task)\n" in diff
    assert ran(tmp_path) == ["2", "[1, 1] 0"]


def test_names_that_mean_something_are_left_alone(tmp_path: Path) -> None:
    head = HEAD.replace("seen = []", "seen = []\nbackground_tasks = {}")
    route = ROUTE % ("paid", "paid", f"task = order_id\n    {START}\n    return task")
    write(tmp_path, {"main.py": head + route})
    diff = patched(tmp_path, PROBLEM)
    assert "+running_tasks = set()\n" in diff
    assert f"+    background_task = {START}\n+    running_tasks.add(background_task)\n" in diff
    assert ran(tmp_path)[1] == "[1, 1] 0"


def test_what_never_ran_is_for_a_person(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": HEAD + ROUTE % ("paid", "paid", "notify(order_id)")})
    assert "whether it should is for you to say" in reason(tmp_path, PROBLEM)


def test_a_task_of_the_start_is_judged_by_the_lightest_routes(tmp_path: Path) -> None:
    start = '\n\n@app.on_event("startup")\nasync def start():\n    asyncio.create_task(notify(1))\n'
    root = write(
        tmp_path, {"main.py": HEAD + start + '\n\n@app.get("/")\nasync def home():\n    return {}\n'}
    )
    (patch,) = proposals(root, PROBLEM)
    assert isinstance(patch, Patch)
    assert patch.routes == ("GET /",)
