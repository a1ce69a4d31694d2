"""`statement-built-from-strings`: SQL with values written into its text, so that each value makes a statement of its own."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.database.statement_built_from_strings.detector import detect
from pitstop.problems.database.statement_built_from_strings.fix import propose

PROBLEM = Problem(
    name="statement-built-from-strings",
    domain="database",
    title="SQL statement with values written into its text",
    severity="high",
    fix_class="proved",
    detector=detect,
    fix=propose,
    folder=Path(__file__).parent,
)
