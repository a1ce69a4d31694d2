"""Small services that answer requests with the probe inside: what a detector tells of them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from pitstop import project
from pitstop.data import Finding
from pitstop.problems import Problem
from pitstop.traces.records import Run
from pitstop.traces.store import Traces
from tests.probe.runner import Runner

_REQUEST = re.compile(r"(?P<method>[A-Z]+) (?P<path>\S+)(?: (?P<body>\{.*\}))?(?: \*(?P<times>\d+))?")
_CLIENT = """
import asyncio
import json
import httpx
from {module} import app

async def main():
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test", timeout=60, headers={headers!r}) as client,
    ):
        for method, path, body, times in json.loads({requests!r}):
            sent = [client.request(method, path, json=body) for _ in range(times)]
            await asyncio.gather(*sent)

asyncio.run(main())
"""


def parsed(request: str) -> tuple[str, str, object, int]:
    """Method, path, JSON body and how often at once: `POST /items {"name": "a"} *3`."""
    found = _REQUEST.fullmatch(request)
    assert found is not None, f"not a request: {request}"
    body = json.loads(found["body"]) if found["body"] else None
    return found["method"], found["path"], body, int(found["times"] or 1)


def driven(
    folder: Path,
    service: Path,
    requests: list[str],
    *,
    headers: dict[str, str] | None = None,
    **orders: Any,
) -> Run:
    """Send requests to the app in a copy of a service, in order but for those at once, and read what was recorded."""
    shutil.rmtree(folder / "run", ignore_errors=True)
    runner = Runner(folder / "run")
    shutil.rmtree(runner.root)
    shutil.copytree(service, runner.root)
    module = "app.main" if (runner.root / "app" / "main.py").is_file() else "main"
    text = _CLIENT.format(
        module=module,
        requests=json.dumps([parsed(request) for request in requests]),
        headers=headers or {},
    )
    run = runner.script(text, **{"phases": True, "files": True, **orders})
    assert not run.faults, run.faults
    return run


def told(problem: Problem, folder: Path, service: Path, requests: list[str], **orders: Any) -> list[Finding]:
    """What the detector of a problem tells of a service that answers these requests."""
    assert problem.detector is not None
    folder.mkdir(exist_ok=True)
    with Traces.load(driven(folder, service, requests, **orders)) as traces:
        return list(problem.detector(traces, project.read(service, cache=False)))
