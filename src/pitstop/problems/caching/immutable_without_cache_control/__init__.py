"""`immutable-without-cache-control`: content that can never change under its URL, and callers that are not told so."""

from pathlib import Path

from pitstop.problems import Problem
from pitstop.problems.caching.immutable_without_cache_control.detector import detect

PROBLEM = Problem(
    name="immutable-without-cache-control",
    domain="caching",
    title="content that can never change under its URL, and callers that are not told so",
    severity="low",
    fix_class="decide",
    detector=detect,
    folder=Path(__file__).parent,
)
