"""Key sets that were fetched while requests were answered."""

from __future__ import annotations

from pitstop.problems.auth.keys_fetched_per_request.rule import find
from pitstop.problems.measured import ToldAt, calls_sent

detect = ToldAt(find, calls_sent, "calls", "{route} fetched them {count} times {within} ({ms} ms)")
