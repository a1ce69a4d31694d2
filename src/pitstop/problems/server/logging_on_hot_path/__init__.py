"""`logging-on-hot-path`: a line in the log for each row of a request."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.server.logging_on_hot_path.detector import detect

PROBLEM = Problem(
    name="logging-on-hot-path",
    domain="server",
    title="line in the log for each of many things that a request goes through",
    severity="low",
    fix_class="decide",
    detector=detect,
    folder=Path(__file__).parent,
)
