"""`transaction-over-io`: a database transaction that stays open while the request waits for something else."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Choice, Problem
from pitstop.problems.database.transaction_over_io.detector import detect
from pitstop.problems.database.transaction_over_io.fix import commit_before
from pitstop.problems.database.transaction_over_io.rule import find

PROBLEM = Problem(
    name="transaction-over-io",
    domain="database",
    title="database transaction held open while waiting for something else",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    choices=(
        Choice(
            option=Option(
                name="commit",
                text="end the transaction before the call, where only rows were read by then",
                effect="the connection serves others while the request waits",
                complexity="one statement",
                risk="what was read before the call may have changed after it: one transaction becomes two",
                compatibility="no answer changes; one more commit",
            ),
            fix=commit_before,
        ),
        Choice(
            option=Option(
                name="ask-first",
                text="ask the other server before the first statement",
                effect="the transaction is as short as its statements, and stays one",
                complexity="statements change places, if the call needs nothing of what they read",
                risk="the other server is also asked for what the database would have refused",
            )
        ),
        Choice(
            option=Option(
                name="after-commit",
                text="hand the call to a task or a queue once all is committed",
                effect="the request does not wait either",
                complexity="somebody has to look after calls that fail",
                compatibility="the answer no longer says whether the call succeeded",
            )
        ),
    ),
    folder=Path(__file__).parent,
)
