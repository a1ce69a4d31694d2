"""`debug-in-production`: app that answers errors with its own source."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Choice, Problem
from pitstop.problems.server.debug_in_production.fix import by_environment, turn_off
from pitstop.problems.server.debug_in_production.rule import find

PROBLEM = Problem(
    name="debug-in-production",
    domain="server",
    title="app that answers errors with its own source",
    severity="medium",
    fix_class="decide",
    rule=find,
    choices=(
        Choice(
            option=Option(
                name="off",
                text="take `debug` away",
                effect="no answer names a file or shows a line of the service",
                complexity="one argument less",
                compatibility="an unexpected error is answered by your handler, or with `Internal Server Error`",
            ),
            fix=turn_off,
        ),
        Choice(
            option=Option(
                name="environment",
                text="debug where the environment variable `DEBUG` is 1",
                effect="the same wherever nobody sets it",
                complexity="one argument and an import; a project with settings of its own has a better place for it",
                risk="somebody sets it in production",
                compatibility="who develops has to set it",
            ),
            fix=by_environment,
        ),
    ),
    folder=Path(__file__).parent,
)
