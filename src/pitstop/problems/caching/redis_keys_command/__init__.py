"""`redis-keys-command`: Redis command that walks over all keys, or one command a turn, in a request."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.caching.redis_keys_command.detector import detect
from pitstop.problems.caching.redis_keys_command.fix import propose
from pitstop.problems.caching.redis_keys_command.rule import find

PROBLEM = Problem(
    name="redis-keys-command",
    domain="caching",
    title="Redis command that walks over all keys, or one command a turn, in a request",
    severity="high",
    fix_class="proved",
    aims=("duration", "cpu"),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
