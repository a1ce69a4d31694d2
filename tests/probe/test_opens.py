"""Files that requests open to read them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pitstop.traces.records import Run
from pitstop_probe.request import digest

from .runner import Runner

SIZE = 4890
"""Bytes of `data/prices.json`."""


def ask(runner: Runner, *paths: str) -> Run:
    return runner.requests("reading:app", *(f"GET {path}" for path in paths), files=True)


@pytest.mark.parametrize(("path", "on_loop"), [("/open", True), ("/thread", False), ("/anyio", False)])
def test_a_file_has_its_size_and_the_line_that_opened_it(runner: Runner, path: str, on_loop: bool) -> None:
    run = ask(runner, path)
    mark = {"/open": "opened", "/thread": "thread", "/anyio": "awaited"}[path]
    (file,) = run.exchanges[0].files
    assert (file.path, file.bytes, file.on_loop) == ("data/prices.json", SIZE, on_loop)
    assert runner.lines_of(run, 0, file.stack)[0] == ("reading.py", runner.line("reading.py", mark))
    assert 0 < file.start_ns < run.exchanges[0].duration_ns


def test_a_file_outside_is_told_by_its_ending_and_a_hash(runner: Runner, tmp_path: Path) -> None:
    secret = tmp_path / "of-somebody" / "notes.csv"
    secret.parent.mkdir()
    secret.write_text("abc")
    runner.variables["OUTSIDE"] = str(secret)
    first, again = ask(runner, "/outside", "/outside").exchanges
    (file,) = first.files
    assert file.path.startswith("*.csv ")
    assert file.bytes == 3
    assert again.files[0].path == file.path
    assert "of-somebody" not in runner.written()


def test_what_is_written_missing_or_no_file_is_not_told(runner: Runner) -> None:
    (exchange,) = ask(runner, "/nothing").exchanges
    assert exchange.status == 200
    assert exchange.files == ()


def test_what_no_line_of_the_service_opens_is_not_told(runner: Runner) -> None:
    (exchange,) = ask(runner, "/answer").exchanges
    assert exchange.response_bytes == SIZE
    assert exchange.files == ()


def test_of_very_many_the_first_are_kept_and_the_others_counted(runner: Runner) -> None:
    run = ask(runner, "/many")
    (exchange,) = run.exchanges
    assert len(exchange.files) == 10_000
    assert [each.others for each in run.dropped] == [100]


def test_without_the_order_open_is_as_it_was(runner: Runner) -> None:
    run = runner.script(
        """
        import builtins, io, types
        from fastapi.testclient import TestClient
        assert isinstance(open, types.BuiltinFunctionType) and io.open is builtins.open
        from reading import app
        TestClient(app).get("/open")
        """
    )
    assert run.exchanges[0].files == ()


WRITING = """
import os
from pathlib import Path
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()
OWN = Path(__file__).parent / "own.txt"


def add(text):
    with OWN.open("a") as file:
        file.write(text)


@app.get("/add/{text}")
async def added(text: str, tasks: BackgroundTasks):
    add(text)
    tasks.add_task(add, text)


@app.get("/gone")
def gone():
    Path(os.environ["OUTSIDE"]).write_text("x")
    os.unlink(os.environ["OUTSIDE"])
    OWN.read_text()
    open(os.devnull, "w").close()
"""


def test_what_is_written_is_told_as_it_is_in_the_end(runner: Runner, tmp_path: Path) -> None:
    runner.write("writing.py", WRITING)
    (tmp_path / "of-somebody").mkdir()
    runner.variables["OUTSIDE"] = str(tmp_path / "of-somebody" / "notes.csv")
    run = runner.requests("writing:app", "GET /add/a", "GET /add/b", "GET /gone", writes=True)
    assert not run.faults
    hashes = [hashlib.blake2b(text, digest_size=8).hexdigest() for text in (b"aa", b"aabb")]
    outside = f"*.csv {digest('notes.csv')}"
    assert [each.written for each in run.exchanges] == [
        (("own.txt", hashes[0]),),
        (("own.txt", hashes[1]),),
        ((outside, ""),),
    ]
    assert all(each.files == () for each in run.exchanges)


def test_without_the_order_nothing_is_told_of_what_is_written(runner: Runner) -> None:
    runner.write("writing.py", WRITING)
    run = runner.requests("writing:app", "GET /add/a", files=True)
    assert run.exchanges[0].written == ()
