"""`no-compression`: lists sent as they are, where a tenth of the bytes would do."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.request_response.no_compression.detector import detect
from pitstop.problems.request_response.no_compression.rule import find

PROBLEM = Problem(
    name="no-compression",
    domain="request-response",
    title="lists that are sent uncompressed",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    folder=Path(__file__).parent,
)
