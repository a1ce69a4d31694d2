"""`thread-pool-starved`: requests that wait because all threads are taken."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.async_.thread_pool_starved.detector import detect

PROBLEM = Problem(
    name="thread-pool-starved",
    domain="async",
    title="thread pool whose threads are all taken while requests wait for one",
    severity="high",
    fix_class="decide",
    detector=detect,
    options=(
        Option(
            name="asynchronous",
            text="use an asynchronous client in `async def`, which needs no thread while it waits",
            effect="as many requests wait at once as there are connections",
            complexity="another client, and `await` on the way to it",
            risk="whatever still blocks stops the event loop",
        ),
        Option(
            name="own-limiter",
            text="give what is slow a limiter of its own: `anyio.to_thread.run_sync(..., limiter=...)`",
            effect="the rest of the service keeps its threads",
            complexity="a limiter, and a call through it",
            risk="what is slow still waits for its turn",
        ),
        Option(
            name="more-threads",
            text="have more threads: `anyio.to_thread.current_default_thread_limiter().total_tokens = 100` in the lifespan",
            effect="40 to 200 threads were 3 times as fast for calls of 100 ms and 128 clients",
            complexity="one line",
            risk="each thread takes memory, and a connection where it asks the database; threads that compute gain nothing",
        ),
    ),
    folder=Path(__file__).parent,
)
