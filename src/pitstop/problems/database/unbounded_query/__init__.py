"""`unbounded-query`: a route that reads all rows of a table that grows."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Choice, Problem
from pitstop.problems.database.unbounded_query.detector import detect
from pitstop.problems.database.unbounded_query.fix import limit
from pitstop.problems.database.unbounded_query.rule import find

PROBLEM = Problem(
    name="unbounded-query",
    domain="database",
    title="route that reads all rows of a table that grows",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    choices=(
        Choice(
            option=Option(
                name="limit",
                text="read 1000 rows at most, those with the lowest keys where no order is named",
                effect="memory and time of a request stop growing with the table",
                complexity="one call on the statement",
                risk="what is beyond cannot be asked for",
                compatibility="none until there are more than 1000 rows; then clients miss some, and are not told",
            ),
            fix=limit,
        ),
        Choice(
            option=Option(
                name="pages",
                text="let clients ask for pages: parameters `limit` and `after` (the last key seen), with a default no less than what they get today",
                effect="each request reads a page",
                complexity="parameters, a condition and a limit; clients have to follow",
                compatibility="clients that ask for nothing get the first page",
            )
        ),
    ),
    folder=Path(__file__).parent,
)
