"""`settings-built-per-request`: environment, `.env` file or a file of the service read and parsed for every request."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.request_response.settings_built_per_request.detector import detect
from pitstop.problems.request_response.settings_built_per_request.fix import propose
from pitstop.problems.request_response.settings_built_per_request.rule import find

PROBLEM = Problem(
    name="settings-built-per-request",
    domain="request-response",
    title="settings, or a file that stays the same, read anew for every request",
    severity="high",
    fix_class="proved",
    aims=("cpu", "duration", "blocked_ms"),
    rule=find,
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
