"""`startup-event-deprecated`: start-up and shutdown by `on_event`."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.server.startup_event_deprecated.fix import propose
from pitstop.problems.server.startup_event_deprecated.rule import find

PROBLEM = Problem(
    name="startup-event-deprecated",
    domain="server",
    title="start-up that hangs on events instead of a lifespan",
    severity="low",
    fix_class="safe",
    rule=find,
    fix=propose,
    folder=Path(__file__).parent,
)
