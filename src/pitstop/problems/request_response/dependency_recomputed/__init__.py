"""`dependency-recomputed`: a dependency with `use_cache=False` that one request runs twice."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.request_response.dependency_recomputed.fix import AIMS, propose
from pitstop.problems.request_response.dependency_recomputed.rule import find

PROBLEM = Problem(
    name="dependency-recomputed",
    domain="request-response",
    title="dependency that one request runs again",
    severity="medium",
    fix_class="proved",
    aims=AIMS,
    rule=find,
    fix=propose,
    folder=Path(__file__).parent,
)
