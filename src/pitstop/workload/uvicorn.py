"""The app under uvicorn on loopback: the command, and how it ended."""

from __future__ import annotations

from pitstop.errors import TargetError
from pitstop.target.model import Target
from pitstop.target.process import Completed
from pitstop.traces.records import Run
from pitstop.workload.failures import explain
from pitstop.workload.model import Ending, NotStarted, Passed

_TOLD_TO_END = frozenset({0, -2, -15, 130, 143})


def command(target: Target, port: int) -> list[str]:
    """The command that serves the app on a port of loopback. Raises TargetError where there is no app, or no uvicorn.

    One worker, as `pitstop` measures one process, and asyncio's own loop: what uvloop does is not seen by the probe's guard.
    """
    if target.app is None:
        raise TargetError(f"no app was found in {target.root} to serve", "Name it: `--app module:name`.")
    if "uvicorn" not in target.interpreter.packages:
        raise TargetError(
            f"the interpreter {target.interpreter.path} has no uvicorn to serve the app with",
            "Install it there, or measure without `--serve`: `pitstop measure --requests FILE` needs no server.",
        )
    factory = ["--factory"] if target.app.factory else []
    return [
        *(str(target.interpreter.path), "-m", "uvicorn", target.app.spec, *factory),
        *("--host", "127.0.0.1", "--port", str(port), "--loop", "asyncio", "--no-access-log"),
    ]


def ending(completed: Completed, run: Run) -> Ending:
    """How serving ended: in order where it was told to end, else as not started or broken off."""
    if completed.returncode in _TOLD_TO_END:
        return Passed(passed=len(run.exchanges))
    cause, hint = explain(completed.output, completed.returncode)
    return NotStarted(cause=cause, hint=hint, output=completed.output)
