"""`schema-created-at-startup`: schema created at start-up beside its migrations."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.server.schema_created_at_startup.rule import find

PROBLEM = Problem(
    name="schema-created-at-startup",
    domain="server",
    title="schema created at start-up beside its migrations",
    severity="medium",
    fix_class="decide",
    rule=find,
    options=(
        Option(
            name="migrations",
            text="take `create_all` away; deployments run `alembic upgrade head` before the service starts",
            effect="one hand writes the schema, and the start asks the database for nothing",
            complexity="one line less, and a step of the deployment",
            risk="what `create_all` made so far needs a revision, and databases that have it `alembic stamp`: `alembic check` must find nothing",
        ),
        Option(
            name="switch",
            text="keep it behind a setting for tests and first steps",
            effect="the same in production",
            complexity="a setting",
            risk="somebody sets it where it should not be",
        ),
    ),
    folder=Path(__file__).parent,
)
