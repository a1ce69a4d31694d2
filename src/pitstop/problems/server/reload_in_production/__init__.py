"""`reload-in-production`: server that watches its source where it serves."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Choice, Problem
from pitstop.problems.server.reload_in_production.fix import turn_off
from pitstop.problems.server.reload_in_production.rule import find

PROBLEM = Problem(
    name="reload-in-production",
    domain="server",
    title="server that watches its source where it serves",
    severity="medium",
    fix_class="decide",
    rule=find,
    choices=(
        Choice(
            option=Option(
                name="off",
                text="start without `--reload`, in one process as before",
                effect="no process that watches files, and no restart in the middle of requests",
                complexity="one option less",
                compatibility="who develops with this file starts the server again after each change",
            ),
            fix=turn_off,
        ),
        Choice(
            option=Option(
                name="workers",
                text="start without it and with several workers",
                effect="as many cores as there are workers",
                complexity="one option for another",
                risk="what a process keeps for itself (caches, schedules, WebSocket rooms) is there several times, and so are its connections",
            )
        ),
        Choice(
            option=Option(
                name="two-files",
                text="keep it in a file for developing: `compose.override.yml`, `Dockerfile.dev`",
                effect="both, each where it belongs",
                complexity="one more file",
            )
        ),
    ),
    folder=Path(__file__).parent,
)
