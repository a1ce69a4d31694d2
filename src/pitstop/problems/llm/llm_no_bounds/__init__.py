"""`llm-no-bounds`: a request waits for a language model that may take, and write, as much as it likes."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.llm.llm_no_bounds.rule import find

PROBLEM = Problem(
    name="llm-no-bounds",
    domain="llm",
    title="request that waits for a language model without a limit of its own",
    severity="medium",
    fix_class="decide",
    rule=find,
    folder=Path(__file__).parent,
)
