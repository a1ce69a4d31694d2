"""`hot-route-late`: a route that is found only after many others were tried."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.request_response.hot_route_late.detector import detect
from pitstop.problems.request_response.hot_route_late.fix import propose

PROBLEM = Problem(
    name="hot-route-late",
    domain="request-response",
    title="route that is found only after many others were tried",
    severity="low",
    fix_class="proved",
    aims=("duration", "cpu"),
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
