"""An app that serves on loopback while a workload is sent to it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from pitstop.errors import TargetError
from pitstop.target.model import Target
from pitstop.target.ports import free_port
from pitstop.workload.drive import Drive
from pitstop.workload.failures import explain
from pitstop.workload.launched import ProbeSettings
from pitstop.workload.model import Driven, Progress, Serve

_DRAIN_S = 0.05


class Server:
    """The app of a copy under uvicorn, with the probe inside; a context manager that ends it however the block ends.

    Once entered it takes connections: start-up is over. `finish` ends it in order and gives what was recorded.
    """

    def __init__(
        self,
        target: Target,
        workspace_path: Path,
        probe: ProbeSettings,
        *,
        environment: Mapping[str, str] | None = None,
        database: str | None = None,
        timeout_s: float,
    ) -> None:
        """Start it. `timeout_s` is how long the start-up may take. Raises TargetError when it cannot be started."""
        self.port = free_port()
        self._timeout_s = timeout_s
        self._drive = Drive(
            Serve(port=self.port), target, workspace_path, probe, environment=environment, database=database
        )

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self._drive.pid

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def progress(self) -> Progress:
        """How many requests it has answered, by what is written of them."""
        return self._drive.progress()

    def __enter__(self) -> Self:
        try:
            self._wait()
        except BaseException:
            self._drive.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._drive.stop()

    def _wait(self) -> None:
        end = time.monotonic() + self._timeout_s
        while time.monotonic() < end:
            code = self._drive.poll()
            if code is not None:
                cause, hint = explain(self._drive.output, code)
                raise TargetError(f"the service could not be started: {cause}", hint)
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        raise TargetError(
            f"the service took no connection within {self._timeout_s:.0f} s of its start",
            "Look at what its start-up waits for, or give it more time: `--timeout SECONDS`.",
        )

    @contextlib.contextmanager
    def drained(self) -> Iterator[None]:
        """Take what the server prints while the block runs: it stands still once what it prints fills the pipe."""
        done = threading.Event()

        def drain() -> None:
            while not done.wait(_DRAIN_S):
                self._drive.poll()

        thread = threading.Thread(target=drain, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def require_alive(self) -> None:
        """Raise TargetError where it has ended by itself."""
        code = self._drive.poll()
        if code is not None:
            cause, _ = explain(self._drive.output, code)
            raise TargetError(
                f"the service ended while requests were sent to it: {cause}",
                "Start it by hand with uvicorn and send it the same requests.",
            )

    def finish(self) -> Driven:
        """End it as Ctrl-C does, and read what was recorded."""
        return self._drive.finish()
