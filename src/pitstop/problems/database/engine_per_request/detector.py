"""Connections that were opened while requests were answered."""

from __future__ import annotations

from pitstop.problems.database.engine_per_request.rule import find
from pitstop.problems.measured import connections_opened, told_at

detect = told_at(
    find,
    connections_opened,
    "connections",
    "{route} opened {count} connections here in one request ({ms} ms)",
)
