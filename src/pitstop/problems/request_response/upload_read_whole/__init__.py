"""`upload-read-whole`: upload that is read into memory whole, whatever its size."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.request_response.upload_read_whole.detector import detect
from pitstop.problems.request_response.upload_read_whole.fix import propose
from pitstop.problems.request_response.upload_read_whole.rule import find

PROBLEM = Problem(
    name="upload-read-whole",
    domain="request-response",
    title="upload that is read into memory whole, whatever its size",
    severity="medium",
    fix_class="proved",
    rule=find,
    fix=propose,
    detector=detect,
    folder=Path(__file__).parent,
)
