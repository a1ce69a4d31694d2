"""`llm-repeat-uncached`: a language model that is asked the same again."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.llm.llm_repeat_uncached.detector import detect

PROBLEM = Problem(
    name="llm-repeat-uncached",
    domain="llm",
    title="language model that is asked the same again",
    severity="medium",
    fix_class="decide",
    detector=detect,
    options=(
        Option(
            name="application",
            text="keep answers by the digest of what was asked, for a time",
            effect="a second question costs nothing",
            complexity="a table or Redis, and a decision how long an answer holds",
            risk="an answer that depends on more than the question (tools, time, user) must not be kept",
            compatibility="same questions get same answers, word for word",
        ),
        Option(
            name="proxy",
            text="let the proxy keep them (LiteLLM's `cache`, in Redis)",
            effect="the same for all services behind it",
            complexity="its settings",
            risk="the same, and what is asked lies in one more place",
        ),
        Option(
            name="provider",
            text="mark the part of the prompt that stays the same for the provider's own cache",
            effect="cheaper and faster input, a new answer each time",
            complexity="one field",
            risk="the marked part has to be the beginning, byte for byte",
        ),
    ),
    folder=Path(__file__).parent,
)
