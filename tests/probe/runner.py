"""A workspace in a temporary folder, where code runs with the probe inside."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pitstop_probe
from pitstop.traces.frames import records
from pitstop.traces.reading import read_run
from pitstop.traces.records import Exchange, Run, Statement

APPS = Path(__file__).parent / "apps"
PROBE = Path(pitstop_probe.__file__).parent


class Runner:
    """Runs code in a copy of the apps, or with None of them in an empty folder, as the host would."""

    def __init__(self, folder: Path, apps: Path | None = APPS) -> None:
        self.folder = folder
        self.root = folder / "tree"
        self.out = folder / "out"
        self.probe = folder / "probe"
        if apps is None:
            self.root.mkdir()
        else:
            shutil.copytree(apps, self.root, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(PROBE, self.probe / "pitstop_probe", ignore=shutil.ignore_patterns("*.pyc.*"))
        shutil.copyfile(PROBE / "_sitecustomize.py", self.probe / "sitecustomize.py")
        self.output = ""
        self.variables: dict[str, str] = {}
        """Environment variables of this test's own."""

    def write(self, name: str, text: str) -> Path:
        """Put a file into the workspace."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def environment(self, **orders: Any) -> dict[str, str]:
        """The environment of a process with the probe inside."""
        config = self.folder / "probe.json"
        config.write_text(
            json.dumps({"out": str(self.out), "root": str(self.root), "bodies": True, **orders})
        )
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            **kept,
            "PYTHONPATH": os.pathsep.join([str(self.probe), str(self.root)]),
            "PITSTOP_PROBE": str(config),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.variables,
        }

    def start(self, *arguments: str, python: str = sys.executable, **orders: Any) -> subprocess.Popen[str]:
        """Start Python with these arguments in the workspace."""
        return subprocess.Popen(
            [python, *arguments],
            cwd=self.root,
            env=self.environment(**orders),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str, status: int = 0, python: str = sys.executable, **orders: Any) -> Run:
        """Run Python with these arguments to its end, and read the records of this run alone."""
        shutil.rmtree(self.out, ignore_errors=True)
        process = self.start(*arguments, python=python, **orders)
        self.output, _ = process.communicate(timeout=120)
        assert process.returncode == status, self.output
        return read_run(self.out)

    def script(self, text: str, *, python: str = sys.executable, **orders: Any) -> Run:
        """Run a script in the workspace; it lies beside it, so that its own frames are no user code."""
        path = self.folder / "script.py"
        path.write_text(textwrap.dedent(text))
        return self.run(str(path), python=python, **orders)

    def requests(self, app: str, *requests: str, client: str = "sync", **orders: Any) -> Run:
        """Send requests (`GET /x`) to an app: with TestClient, or with httpx's AsyncClient (`client="async"`)."""
        pairs = [tuple(request.split(" ", 1)) for request in requests]
        run = self.script(_CLIENTS[client].format(app=app.replace(":", " import "), requests=pairs), **orders)
        assert not run.faults, run.faults
        assert not run.skipped, run.skipped
        return run

    def written(self) -> str:
        """All that the last run wrote, but for the bodies of answers, which hold what the app says."""
        told = b""
        for path in self.out.glob("*.jsonl"):
            with path.open("rb") as file:
                for line, packed in records(file):
                    told += line if packed is None else packed.rest
        return told.decode("latin-1")

    def line(self, file: str, mark: str) -> int:
        """The number of the line of an app that ends with a comment `# <mark>`."""
        lines = (self.root / file).read_text().splitlines()
        (number,) = [n for n, line in enumerate(lines, 1) if line.endswith(f"# {mark}")]
        return number

    def only(self, run: Run, path: str) -> tuple[int, Exchange]:
        """The one exchange of a path, and its position."""
        ((position, exchange),) = [(n, each) for n, each in enumerate(run.exchanges) if each.path == path]
        return position, exchange

    def lines_of(self, run: Run, position: int, stack: int) -> list[tuple[str, int]]:
        """Path and line of each frame of a stack, innermost first."""
        return [(frame.path, frame.line) for frame in run.frames(position, stack)]


def queries(exchange: Exchange) -> list[Statement]:
    """The statements that read or write rows: transactions and settings left out."""
    words = {"SELECT", "INSERT", "UPDATE", "DELETE"}
    return [statement for statement in exchange.statements if statement.operation in words]


_CLIENTS = {
    "sync": """
from fastapi.testclient import TestClient
from {app}
with TestClient(app, raise_server_exceptions=False) as client:
    for method, path in {requests}:
        client.request(method, path)
""",
    "async": """
import asyncio, httpx
from {app}
async def main():
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for method, path in {requests}:
            await client.request(method, path)
asyncio.run(main())
""",
}
