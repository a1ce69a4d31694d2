"""`mixed-error-shapes`: errors that are told in more than one form."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.errors.mixed_error_shapes.detector import detect

PROBLEM = Problem(
    name="mixed-error-shapes",
    domain="errors",
    title="errors that are told in more than one form",
    severity="low",
    fix_class="decide",
    detector=detect,
    folder=Path(__file__).parent,
)
