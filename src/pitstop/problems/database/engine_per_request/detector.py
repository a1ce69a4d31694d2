"""Connections that were opened while requests were answered."""

from __future__ import annotations

from pitstop.problems.database.engine_per_request.rule import find
from pitstop.problems.measured import ToldAt, connections_opened

detect = ToldAt(
    find,
    connections_opened,
    "connections",
    "{route} opened {count} connections here {within} ({ms} ms)",
)
