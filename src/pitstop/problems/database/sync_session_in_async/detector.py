"""Statements that these coroutines sent from the thread of the event loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding
from pitstop.problems.database.sync_session_in_async.rule import find
from pitstop.problems.measured import confirmed, covers, statements_on_loop

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """What was measured of the pattern: how many statements the loop sent itself, by route."""
    users = [user.function.location for user in project.blocking.session_users.values()]
    sent = [
        group for group in statements_on_loop(traces) if any(covers(place, group.frames) for place in users)
    ]
    for finding in find(project):
        text = "{route} sent {count} statements from the event loop's own thread {within} ({ms} ms)"
        yield from confirmed(finding, sent, "statements", text)
