"""`background-task-blocks`: a background task that stops the event loop after the answer is sent."""

from pathlib import Path

from pitstop.data import Option
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
    options=(
        Option(
            name="def",
            text="make the task a plain `def` where it awaits nothing: Starlette runs it in a thread",
            effect="the event loop stays free",
            complexity="one word",
            risk="in a thread it must not use the session of the request, nor anything that belongs to the loop",
        ),
        Option(
            name="asynchronous",
            text="await an asynchronous client in it",
            effect="the event loop stays free, without a thread",
            complexity="another client",
        ),
        Option(
            name="queue",
            text="hand the work to a job queue (taskiq, Celery, procrastinate)",
            effect="it survives the end of the process, is tried again, and takes no CPU of the service",
            complexity="a broker and a worker to run",
            compatibility="it may be done later than it was",
        ),
    ),
    folder=Path(__file__).parent,
)
