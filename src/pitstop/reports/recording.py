"""A recording of requests: what it holds, what it lacks, and what to do with it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from pitstop.measures import Recorded

_NAMED = 8


def text_of(recorded: Recorded, root: str) -> str:
    """What was recorded, what was not, and what to do next, for a person."""
    passed = recorded.passed
    lines: list[str] = []
    if passed.requests:
        of = f" of the {len(recorded.known)} that were read in {root}" if recorded.known else ""
        lines.append(
            f"{_count(passed.requests, 'request')} to {_count(len(recorded.routes), 'route')}{of} are in {recorded.file}"
        )
        lines.append("It holds what was sent, passwords, cookies and tokens included; only you can read it.")
    else:
        lines.append("Nothing was recorded: no request came through.")
    if recorded.elsewhere:
        what = "no route that was read takes" if recorded.known else "by the shape of their paths"
        named = [
            f"{shape} ({times:,})"
            for shape, times in sorted(recorded.elsewhere.items(), key=lambda each: -each[1])
        ]
        lines.append(f"{_count(sum(recorded.elsewhere.values()), 'request')}, {what}: {_some(named)}")
    if passed.requests and recorded.known and recorded.uncalled:
        lines.append(f"{_count(len(recorded.uncalled), 'route')} nobody called: {_some(recorded.uncalled)}")
    for number, what in (
        (passed.connections, "WebSocket connection{s}: passed on, not recorded"),
        (passed.too_large, "request{s} with a body too large to keep (8 MiB): passed on, not recorded"),
        (passed.unreadable, "request{s} that {is_} no plain HTTP/1.1: passed on, not recorded"),
        (passed.unreachable, "connection{s} that the service did not take: answered with 502"),
    ):
        if number:
            lines.append(
                f"{number:,} " + what.format(s="" if number == 1 else "s", is_="is" if number == 1 else "are")
            )
    if recorded.changing:
        lines.append(
            "Sent again, they find the database as it is then: what they made or removed just now is made or gone already."
        )
    if passed.requests:
        lines.append(
            f"Next: pitstop measure {shlex.quote(root)} --requests {shlex.quote(str(recorded.file))}"
        )
    return "\n".join(lines) + "\n"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
