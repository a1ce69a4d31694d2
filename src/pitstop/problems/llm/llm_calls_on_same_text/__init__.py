"""`llm-calls-on-same-text`: a language model that is sent one text several times, each time with another question."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.llm.llm_calls_on_same_text.detector import detect

PROBLEM = Problem(
    name="llm-calls-on-same-text",
    domain="llm",
    title="language model that is sent the same text with each of several questions about it",
    severity="medium",
    fix_class="decide",
    detector=detect,
    options=(
        Option(
            name="one-call",
            text="ask all questions at once, with a structured answer (an object with a field for each)",
            effect="the text is sent, read and paid for once",
            complexity="a schema, and what to do where a field is missing",
            risk="answers may be worse than those to a question alone: compare them on real data",
        ),
        Option(
            name="at-once",
            text="keep each question, and have them under way together: `asyncio.gather`",
            effect="the request waits for the longest answer, not for the sum; the text is paid for as often as before",
            complexity="one statement",
            risk="the limits of the provider are reached sooner",
        ),
        Option(
            name="text-first",
            text="put the text before the questions, where the cache of the model's server knows it again (Anthropic's wants `cache_control` behind it)",
            effect="the second question and those after it cost a tenth to a half of the text's tokens",
            complexity="the order of the prompt",
            risk="only beginnings of 1,024 tokens and more are kept",
        ),
    ),
    folder=Path(__file__).parent,
)
