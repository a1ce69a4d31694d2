"""`joined-collection-without-unique`: a joined collection whose rows are read as if each were one object."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Choice, Problem
from pitstop.problems.errors.joined_collection_without_unique.fix import apart
from pitstop.problems.errors.joined_collection_without_unique.rule import find

PROBLEM = Problem(
    name="joined-collection-without-unique",
    domain="errors",
    title="joined collection that is read without `unique()`",
    severity="high",
    fix_class="decide",
    rule=find,
    choices=(
        Choice(
            option=Option(
                name="selectinload",
                text="load the collection by a statement of its own",
                effect="the statement answers instead of raising, and each row of the parent is sent once",
                complexity="another loader",
                risk="one statement more; what comes after it has never run",
                compatibility="what failed each time answers",
            ),
            fix=apart,
        ),
        Choice(
            option=Option(
                name="unique",
                text="call `unique()` on the result before its rows are read",
                effect="the statement answers instead of raising, with each row of the parent once for each of its children on the way",
                complexity="one call",
            )
        ),
    ),
    folder=Path(__file__).parent,
)
