"""`task-without-owner`: tasks that nothing keeps, and coroutines that nobody awaits."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.async_.task_without_owner.fix import propose
from pitstop.problems.async_.task_without_owner.rule import find

PROBLEM = Problem(
    name="task-without-owner",
    domain="async",
    title="task that nothing keeps",
    severity="low",
    fix_class="safe",
    rule=find,
    fix=propose,
    folder=Path(__file__).parent,
)
