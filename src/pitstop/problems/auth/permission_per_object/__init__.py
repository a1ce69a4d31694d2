"""`permission-per-object`: permissions that are asked for object by object."""

from pathlib import Path

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
    folder=Path(__file__).parent,
)
