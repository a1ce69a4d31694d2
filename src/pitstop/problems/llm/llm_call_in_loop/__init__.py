"""`llm-call-in-loop`: a language model that is asked once for each of many things."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.llm.llm_call_in_loop.detector import detect

PROBLEM = Problem(
    name="llm-call-in-loop",
    domain="llm",
    title="language model that is asked once for each item of a list, one after the other",
    severity="medium",
    fix_class="decide",
    detector=detect,
    options=(
        Option(
            name="one-prompt",
            text="ask once for all items, with a structured answer (a list of objects, each with the id of its item)",
            effect="the instructions are sent and paid for once",
            complexity="a schema, and what to do where items are missing in the answer",
            risk="answers may be worse or mixed up: compare them on real data",
        ),
        Option(
            name="a-few-at-once",
            text="keep each prompt, and have a few under way at a time: `asyncio.gather` under a semaphore",
            effect="the request waits for the slowest of a few, not for the sum",
            complexity="a coroutine and a semaphore",
            risk="the limits of the provider are reached sooner",
        ),
        Option(
            name="queue",
            text="hand the items to workers, and let the client come back for the result",
            effect="no request waits",
            complexity="a queue and a worker",
            compatibility="the answer is 202 with a place to look",
        ),
    ),
    folder=Path(__file__).parent,
)
