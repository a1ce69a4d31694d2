"""`compression-too-hard`: answers that are compressed for more CPU than it spares bytes."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Choice, Problem
from pitstop.problems.request_response.compression_too_hard.detector import detect
from pitstop.problems.request_response.compression_too_hard.fix import lower

PROBLEM = Problem(
    name="compression-too-hard",
    domain="request-response",
    title="compression that costs much and spares little",
    severity="low",
    fix_class="decide",
    detector=detect,
    choices=(
        Choice(
            option=Option(
                name="level",
                text="compress at level 6, or by hand at 4 for half of that again at a tenth more bytes",
                effect="a third of the CPU for large answers",
                complexity="one argument",
                risk="a few per cent more bytes",
                compatibility="clients read the same; compressed bytes and their lengths are others",
            ),
            fix=lower,
        ),
        Choice(
            option=Option(
                name="what",
                text="leave out what is compressed already: by `exclude_content_types` of newer versions of Starlette, or by the proxy in front of "
                "the service; older versions ask only how large an answer is",
                effect="no CPU for pictures and archives, which do not shrink",
                complexity="one argument, where Starlette is 1.5 or newer",
                compatibility="such answers come without content-encoding",
            )
        ),
    ),
    folder=Path(__file__).parent,
)
