"""`llm-prompt-bloat`: a long text sent with each prompt where no cache spares it."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.llm.llm_prompt_bloat.detector import detect

PROBLEM = Problem(
    name="llm-prompt-bloat",
    domain="llm",
    title="long text that is the same in each prompt, where no cache of the model's server spares it",
    severity="medium",
    fix_class="decide",
    detector=detect,
    folder=Path(__file__).parent,
)
