"""`index-only-in-migration`: an index that the migrations make and the model lacks, or the other way round."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.index_only_in_migration.fix import propose
from pitstop.problems.database.index_only_in_migration.rule import find

PROBLEM = Problem(
    name="index-only-in-migration",
    domain="database",
    title="index that only the migrations or only the model know",
    severity="medium",
    fix_class="proved",
    rule=find,
    fix=propose,
    folder=Path(__file__).parent,
)
