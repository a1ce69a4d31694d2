"""`background-task-blocks`: a background task that stops the event loop after the answer is sent."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.async_.background_task_blocks.detector import detect
from pitstop.problems.async_.background_task_blocks.rule import find

PROBLEM = Problem(
    name="background-task-blocks",
    domain="async",
    title="background task that stops the event loop",
    severity="high",
    fix_class="decide",
    rule=find,
    detector=detect,
    folder=Path(__file__).parent,
)
