"""`llm-call-in-loop`: a language model that is asked once for each of many things."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.llm.llm_call_in_loop.detector import detect

PROBLEM = Problem(
    name="llm-call-in-loop",
    domain="llm",
    title="language model that is asked once for each item of a list, one after the other",
    severity="medium",
    fix_class="decide",
    detector=detect,
    folder=Path(__file__).parent,
)
