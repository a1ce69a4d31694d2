"""`permission-per-object`: permissions that are asked for object by object."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.auth.permission_per_object.detector import detect

PROBLEM = Problem(
    name="permission-per-object",
    domain="auth",
    title="permission that is asked for object by object",
    severity="medium",
    fix_class="decide",
    detector=detect,
    gives_way_to=("await-in-loop", "n-plus-one-lazy-relationship", "n-plus-one-loop", "redis-keys-command"),
    options=(
        Option(
            name="in-the-list",
            text="join the permissions in the statement that reads the list",
            effect="only what may be seen comes: pages are full and counts are right",
            complexity="the rule has to be written in SQL, and changed in both places",
            risk="what SQL and the function say of an object may differ: test with somebody who may see all, some and nothing",
            compatibility="pages have as many items as were asked for, where they had holes",
        ),
        Option(
            name="at-once",
            text="ask for the permissions on all of the objects in one query or call, and look each up in what came",
            effect="one round trip instead of one for each object",
            complexity="a function beside the one that decides on one object",
            risk="pages still have holes",
        ),
    ),
    folder=Path(__file__).parent,
)
