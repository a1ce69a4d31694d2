"""`no-compression`: lists sent as they are, where a tenth of the bytes would do."""

from pathlib import Path

from pitstop.data import Option
from pitstop.problems import Choice, Problem
from pitstop.problems.request_response.no_compression.detector import detect
from pitstop.problems.request_response.no_compression.fix import add
from pitstop.problems.request_response.no_compression.rule import find

PROBLEM = Problem(
    name="no-compression",
    domain="request-response",
    title="lists that are sent uncompressed",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    choices=(
        Choice(
            option=Option(
                name="gzip",
                text="have Starlette's GZipMiddleware compress answers of 1 kB and more at level 4, inside of all other middleware",
                effect="lists shrink to a fifth or a tenth for clients that take gzip",
                complexity="one statement",
                risk="some CPU for each answer (80 kB of JSON: 1.2 ms); an answer with a secret and a stranger's text beside it can be guessed from its length (BREACH)",
                compatibility="answers to clients that take gzip carry content-encoding and vary, and another content-length; others carry vary",
            ),
            fix=add,
        ),
        Choice(
            option=Option(
                name="proxy",
                text="have the proxy in front of the service compress (`gzip on` with `gzip_types application/json`, `encode zstd gzip`)",
                effect="the same, with no CPU of the service",
                complexity="a setting outside of this repository",
                compatibility="as with `gzip`",
            )
        ),
        Choice(
            option=Option(
                name="zstd",
                text="add the middleware of `starlette-compress`, which takes zstd, brotli or gzip by what the client accepts",
                effect="the same size or smaller, at half the CPU",
                complexity="one more package",
                compatibility="as with `gzip`",
            )
        ),
    ),
    folder=Path(__file__).parent,
)
