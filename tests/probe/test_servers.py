"""Servers that run the app in several processes: each writes its own records, and none is lost."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import time
import urllib.request

import pytest

from pitstop.target.ports import free_port
from pitstop.traces.reading import read_run

from .runner import Runner

APP = """
import os
from contextlib import asynccontextmanager
from fastapi import FastAPI

@asynccontextmanager
async def lifespan(app):
    yield

app = FastAPI(lifespan=lifespan)

@app.get("/worker/{number}")
async def worker(number: int) -> int:
    return os.getpid()
"""
SERVERS = {
    "uvicorn": ("uvicorn", "many:app", "--workers", "2", "--port", "{port}"),
    "gunicorn": ("gunicorn", "many:app", "-k", "uvicorn_worker.UvicornWorker", "-w", "2", "-b", "127.0.0.1:{port}"),
    "gunicorn with the app loaded before the fork": (
        *("gunicorn", "many:app", "--preload", "-k", "uvicorn_worker.UvicornWorker", "-w", "2"),
        *("-b", "127.0.0.1:{port}"),
    ),
    "hypercorn": ("hypercorn", "many:app", "--workers", "2", "--bind", "127.0.0.1:{port}"),
}  # fmt: skip
START_S = 60
PAUSE_S = 0.005


def answer(port: int, number: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/worker/{number}", timeout=30) as response:
        return int(json.load(response))


def wait_for(port: int) -> None:
    end = time.monotonic() + START_S
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert time.monotonic() < end, "the server took no connection"
        time.sleep(0.1)


@pytest.mark.parametrize("server", SERVERS)
def test_each_process_of_a_server_records_its_requests(runner: Runner, server: str) -> None:
    runner.write("many.py", APP)
    port = free_port()
    process = runner.start(
        "-m", *(part.format(port=port) for part in SERVERS[server]), phases=True, watchdog_ms=20
    )
    workers: set[int] = set()
    sent = 0
    try:
        wait_for(port)
        end = time.monotonic() + START_S
        while len(workers) < 2 and time.monotonic() < end:
            workers.add(answer(port, sent))
            sent += 1
            time.sleep(PAUSE_S)  # the second process may still be starting
    finally:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    run = read_run(runner.out)
    assert not run.faults, run.faults
    assert len(workers) == 2, output
    assert sorted(each.path for each in run.exchanges) == sorted(
        f"/worker/{number}" for number in range(sent)
    )
    assert {(each.route, each.status) for each in run.exchanges} == {("/worker/{number}", 200)}
    assert workers <= {each.pid for each in run.processes}
    assert not run.dropped
