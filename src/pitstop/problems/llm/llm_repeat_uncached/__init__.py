"""`llm-repeat-uncached`: a language model that is asked the same again."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.llm.llm_repeat_uncached.detector import detect

PROBLEM = Problem(
    name="llm-repeat-uncached",
    domain="llm",
    title="language model that is asked the same again",
    severity="medium",
    fix_class="decide",
    detector=detect,
    folder=Path(__file__).parent,
)
