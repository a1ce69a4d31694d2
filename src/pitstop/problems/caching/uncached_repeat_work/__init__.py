"""`uncached-repeat-work`: a dear answer that is worked out anew each time it is asked for."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Problem
from pitstop.problems.caching.uncached_repeat_work.detector import detect

PROBLEM = Problem(
    name="uncached-repeat-work",
    domain="caching",
    title="dear answer that is worked out anew though nothing has changed",
    severity="medium",
    fix_class="decide",
    detector=detect,
    options=(
        Option(
            name="cache",
            text="keep the answer under a key of all that it depends on, for as long as it may be stale (cashews; Redis where there are several processes)",
            effect="the work is done once for all who ask meanwhile",
            complexity="a key, a time, and a forgetting wherever the data is written",
            risk="what is missing in the key gives one user the answer of another; what nobody forgets is stale",
            compatibility="answers may be as old as the time says",
        ),
        Option(
            name="validators",
            text="answer with an `ETag` of what the data says of itself (a version, the last change), and 304 where the client has it",
            effect="no work, and no bytes, for clients that ask again",
            complexity="something cheap has to tell that nothing changed",
            compatibility="clients that send `If-None-Match` get 304",
        ),
        Option(
            name="work-out-on-write",
            text="work it out when the data is written, and store it",
            effect="reading is a look-up",
            complexity="writers have more to do; what is stored has to be filled once",
        ),
    ),
    folder=Path(__file__).parent,
)
