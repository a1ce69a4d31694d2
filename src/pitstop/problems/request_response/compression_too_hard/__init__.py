"""`compression-too-hard`: answers that are compressed for more CPU than it spares bytes."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.request_response.compression_too_hard.detector import detect

PROBLEM = Problem(
    name="compression-too-hard",
    domain="request-response",
    title="compression that costs much and spares little",
    severity="low",
    fix_class="decide",
    detector=detect,
    folder=Path(__file__).parent,
)
