"""`logging-on-hot-path`: a line in the log for each row of a request."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Choice, Problem
from pitstop.problems.server.logging_on_hot_path.detector import detect
from pitstop.problems.server.logging_on_hot_path.fix import quieten

PROBLEM = Problem(
    name="logging-on-hot-path",
    domain="server",
    title="line in the log for each of many things that a request goes through",
    severity="low",
    fix_class="decide",
    detector=detect,
    choices=(
        Choice(
            option=Option(
                name="once",
                text="write one line behind the loop, with the count and what stood out",
                effect="what the lines cost, but for one",
                complexity="a few lines, and somebody has to know what is worth telling",
                risk="alerts and searches that need a line for each find none",
            )
        ),
        Choice(
            option=Option(
                name="debug",
                text="write them at the level DEBUG, which production leaves out",
                effect="nearly all that the lines cost, where the level is INFO",
                complexity="one word",
                risk="alerts and searches that need the lines find none",
                compatibility="answers stay as they are",
            ),
            fix=quieten,
        ),
    ),
    folder=Path(__file__).parent,
)
