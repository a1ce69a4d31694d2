"""Small services that really run, with the probe inside, before their detectors look at what was recorded."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pitstop import project
from pitstop.data import Finding, TraceEvidence
from pitstop.problems import discover
from pitstop.traces.records import Run
from pitstop.traces.store import Traces
from tests.probe.runner import Runner

MEASURED: dict[str, Any] = {"phases": True, "plans": True, "bodies": True}
"""What `pitstop measure` orders of the probe, as far as detectors ask for it."""


class Service:
    """A service in a folder of its own, its requests and what was recorded of them."""

    def __init__(self, folder: Path, files: Mapping[str, str], **variables: str) -> None:
        self.runner = Runner(folder, apps=None)
        self.runner.variables |= variables
        for name, text in files.items():
            self.runner.write(name, text)
        self.root = self.runner.root

    def asked(self, *requests: str, app: str = "main:app", client: str = "sync") -> Run:
        """Send requests, and read what was recorded."""
        return self.runner.requests(app, *requests, client=client, **MEASURED)

    def tested(self) -> Run:
        """Run the service's own tests, which have to pass, and read what was recorded."""
        return self.runner.run("-m", "pytest", "-q", "-p", "pitstop_probe.pytest_plugin", **MEASURED)

    def detected(self, name: str, run: Run) -> list[Finding]:
        """What the detector of a problem tells of a run."""
        detector = discover()[name].detector
        assert detector is not None
        with Traces.load(run) as traces:
            return list(detector(traces, project.read(self.root, cache=False)))

    def read(self, name: str) -> list[Finding]:
        """What the rule of a problem tells of the source."""
        rule = discover()[name].rule
        assert rule is not None
        return list(rule(project.read(self.root, cache=False)))

    def measured(self, name: str, run: Run) -> list[tuple[int, TraceEvidence]]:
        """The line of each finding that the detector tells, with each of its measurements."""
        return [
            (finding.location.line, evidence)
            for finding in self.detected(name, run)
            for evidence in finding.evidence
            if isinstance(evidence, TraceEvidence)
        ]

    def told(self, name: str, *requests: str, **how: Any) -> list[tuple[int, TraceEvidence]]:
        """Send requests, and give what was measured of a problem."""
        return self.measured(name, self.asked(*requests, **how))

    def line(self, mark: str, file: str = "main.py") -> int:
        """The number of the line that ends with a comment `# <mark>`."""
        return self.runner.line(file, mark)


class _Late(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        time.sleep(int(self.path.rpartition("/")[2]) / 1000)
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def late_server() -> Iterator[str]:
    """The URL of a server that answers `/any/<n>` after n milliseconds."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Late)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
