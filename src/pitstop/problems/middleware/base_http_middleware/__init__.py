"""`base-http-middleware`: middleware that wraps each request in tasks and streams."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.middleware.base_http_middleware.detector import detect
from pitstop.problems.middleware.base_http_middleware.fix import propose
from pitstop.problems.middleware.base_http_middleware.rule import find

PROBLEM = Problem(
    name="base-http-middleware",
    domain="middleware",
    title="middleware that wraps every request in tasks and streams",
    severity="medium",
    fix_class="proved",
    aims=("cpu", "duration", "throughput"),
    rule=find,
    fix=propose,
    detector=detect,
    folder=Path(__file__).parent,
)
