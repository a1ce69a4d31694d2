"""`llm-not-streamed`: a long text of a language model that callers get only once it is complete."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.llm.llm_not_streamed.detector import detect

PROBLEM = Problem(
    name="llm-not-streamed",
    domain="llm",
    title="long text of a language model that callers get only once it is complete",
    severity="medium",
    fix_class="decide",
    detector=detect,
    folder=Path(__file__).parent,
)
