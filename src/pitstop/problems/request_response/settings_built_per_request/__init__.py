"""`settings-built-per-request`: environment and `.env` file read and validated for every request."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.request_response.settings_built_per_request.fix import propose
from pitstop.problems.request_response.settings_built_per_request.rule import find

PROBLEM = Problem(
    name="settings-built-per-request",
    domain="request-response",
    title="settings read and validated anew for every request",
    severity="high",
    fix_class="proved",
    aims=("cpu", "duration"),
    rule=find,
    fix=propose,
    folder=Path(__file__).parent,
)
