"""Outbound requests that a loop sends one after the other."""

from __future__ import annotations

from pitstop.problems.async_.await_in_loop.rule import find
from pitstop.problems.measured import ToldAt, calls_sent

detect = ToldAt(
    find,
    calls_sent,
    "calls",
    "{route} sent {count} requests here, one after the other, {within} ({ms} ms)",
    least=3,
    through=True,
)
