"""`error-with-status-200`: a failure that is caught and answered as a success."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.errors.error_with_status_200.rule import find

PROBLEM = Problem(
    name="error-with-status-200",
    domain="errors",
    title="failure that is answered with status 200",
    severity="medium",
    fix_class="decide",
    rule=find,
    options=(
        Option(
            name="raise",
            text="raise `HTTPException` with 4xx for what the caller did, and let what nobody foresaw pass",
            effect="retries, caches and alarms see the failure, and the log has the traceback",
            complexity="the handlers in question",
            compatibility="clients that take every status but 200 for a broken connection behave differently; the body has `detail`",
        ),
        Option(
            name="same-body",
            text="send the same words with a status of their own (`JSONResponse({...}, status_code=...)`)",
            effect="the same, and who reads the body finds it as before",
            complexity="a line for each",
            compatibility="clients that ask for 200 first do not read the body",
        ),
    ),
    folder=Path(__file__).parent,
)
