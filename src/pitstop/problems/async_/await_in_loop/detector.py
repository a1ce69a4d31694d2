"""Outbound requests that a loop sends one after the other."""

from __future__ import annotations

from pitstop.problems.async_.await_in_loop.rule import find
from pitstop.problems.measured import calls_sent, told_at

detect = told_at(
    find,
    calls_sent,
    "calls",
    "{route} sent {count} requests here, one after the other, in one request ({ms} ms)",
    least=3,
)
