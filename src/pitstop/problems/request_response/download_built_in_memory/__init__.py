"""`download-built-in-memory`: a file read into memory to be sent."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.request_response.download_built_in_memory.detector import detect
from pitstop.problems.request_response.download_built_in_memory.rule import find

PROBLEM = Problem(
    name="download-built-in-memory",
    domain="request-response",
    title="file that is read into memory to be sent",
    severity="medium",
    fix_class="decide",
    rule=find,
    detector=detect,
    folder=Path(__file__).parent,
)
