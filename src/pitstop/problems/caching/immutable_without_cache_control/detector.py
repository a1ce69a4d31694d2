"""Answers whose URL has the hash of their bytes in it, and that do not say how long they hold."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Option, TraceEvidence
from pitstop.problems.exchanges import Request, handler_of, requests, told_at

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces

_DIGEST = re.compile(r"[0-9a-f]{32,128}", re.IGNORECASE)
_HASHES = {32: "md5", 40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512"}
"""By the length of the digest in hexadecimal."""
_OPTIONS = (
    Option(
        name="immutable",
        text="answer with `Cache-Control: max-age=31536000, immutable`, and `private` before it where not everybody may see it",
    ),
)


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for each handler that answers so."""
    found: dict[str, list[Request]] = defaultdict(list)
    for request in requests(traces):
        if _never_changes(request) and not any(map(request.answered, ("cache-control", "expires"))):
            found[request.exchange.endpoint].append(request)
    for route, there in found.items():
        handler = handler_of(project, route)
        if handler is not None:
            yield told_at(
                handler,
                problem="immutable-without-cache-control",
                domain="caching",
                severity="low",
                message=f"what {route} answers has its own hash in its URL, so it never changes, and callers are not told so",
                evidence=(_evidence(there),),
                options=_OPTIONS,
            )


def _never_changes(request: Request) -> bool:
    """Whether the path has the digest of the very bytes that came."""
    exchange = request.exchange
    digests = _DIGEST.findall(exchange.path) if exchange.method == "GET" and exchange.status == 200 else []
    body = request.body() if digests else None
    if not body or not exchange.route:
        return False
    named = ((digest.lower(), _HASHES.get(len(digest))) for digest in digests)
    return any(
        name and hashlib.new(name, body, usedforsecurity=False).hexdigest() == digest
        for digest, name in named
    )


def _evidence(there: list[Request]) -> TraceEvidence:
    first = there[0]
    count = f" ({len(there)} such answers)" if len(there) > 1 else ""
    return TraceEvidence(
        text=f"`{first.asked}` was answered {first.exchange.response_bytes / 1000:.1f} kB, of which the path has the hash, "
        f"without `Cache-Control`{count}",
        figures={"requests": float(len(there)), "bytes": float(first.exchange.response_bytes)},
        route=first.exchange.endpoint,
    )
