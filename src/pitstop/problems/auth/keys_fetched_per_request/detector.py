"""Key sets that were fetched while requests were answered."""

from __future__ import annotations

from pitstop.problems.auth.keys_fetched_per_request.rule import find
from pitstop.problems.measured import calls_sent, told_at

detect = told_at(find, calls_sent, "calls", "{route} fetched them {count} times in one request ({ms} ms)")
