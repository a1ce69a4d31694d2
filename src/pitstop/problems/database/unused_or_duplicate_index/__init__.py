"""`unused-or-duplicate-index`: index that another index makes needless."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Choice, Problem
from pitstop.problems.database.unused_or_duplicate_index.fix import propose
from pitstop.problems.database.unused_or_duplicate_index.rule import find

PROBLEM = Problem(
    name="unused-or-duplicate-index",
    domain="database",
    title="index that another index makes needless",
    severity="low",
    fix_class="decide",
    rule=find,
    choices=(
        Choice(
            option=Option(
                name="drop",
                text="drop the short index from the model, and in a migration where there are migrations: the longer one finds the same rows",
                effect="one index less is written on every insert, and kept in memory",
                complexity="one argument, and a migration",
                risk="look-ups by the column alone read an index that is wider: look at `pg_stat_user_indexes` first",
                compatibility="no answer changes; what names the index (a hint, a script) has to go too",
            ),
            fix=propose,
        ),
        Choice(
            option=Option(
                name="keep",
                text="keep both, where the longer index is much wider (long texts) and the short one serves a very frequent look-up",
                effect="the short index fits into memory better",
                complexity="none: `# pitstop: ignore[unused-or-duplicate-index]` on the column says that it was thought of",
            )
        ),
    ),
    folder=Path(__file__).parent,
)
