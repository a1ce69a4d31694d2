"""`llm-no-bounds`: a request waits for a language model that may take, and write, as much as it likes."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.llm.llm_no_bounds.rule import find

PROBLEM = Problem(
    name="llm-no-bounds",
    domain="llm",
    title="request that waits for a language model without a limit of its own",
    severity="medium",
    fix_class="decide",
    rule=find,
    options=(
        Option(
            name="on-the-client",
            text="give the client a timeout and `max_retries`, and each call a limit of tokens",
            effect="a request waits so long and no longer, and costs so much and no more",
            complexity="two arguments where the client is made, one a call",
            risk="an answer that is cut off (`finish_reason` is `length`) may be no JSON; reasoning spends tokens of the same limit",
            compatibility="a late answer is an error, which needs an answer of its own (503)",
        ),
        Option(
            name="in-the-proxy",
            text="set both in the proxy between the two (LiteLLM), and say so in a comment",
            effect="the same limits for all services",
            complexity="a setting outside of this repository",
        ),
        Option(
            name="stream",
            text="stream the answer, and end it when the client leaves",
            effect="the first words come at once",
            complexity="an answer of events; the client has to read them",
            compatibility="clients get pieces instead of one answer",
        ),
    ),
    folder=Path(__file__).parent,
)
