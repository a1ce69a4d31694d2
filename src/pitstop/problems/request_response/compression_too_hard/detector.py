"""Answers that Starlette's GZip middleware compressed at its highest level, or that were compressed before."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, TraceEvidence
from pitstop.problems.exchanges import Request, requests
from pitstop.problems.findings import make

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces

_LARGE = 50_000
"""Bytes from which on the levels differ by milliseconds: 80 kB of JSON took 9.0 ms at level 9 and 2.7 ms at level 6."""
_LEVEL = 6
_NEARLY = 1.05
_NOTHING = 0.95
_HARDEST = 2
"""What the ninth byte of gzip says of the highest level (RFC 1952, XFL)."""
_GZIP = zlib.MAX_WBITS | 16
"""16 above the window's bits: gzip."""
_TOLD = 5
_IMPACT = Impact(
    text="CPU of large answers, for nearly the same size",
    expected=(2.0, 3.5),
    source="80 kB of JSON by zlib at level 9 against level 6: 3.3× the CPU, 3 % fewer bytes; pitstop's own measurement",
)


@dataclass(frozen=True, slots=True)
class _Packed:
    request: Request
    plain: int
    sent: int
    level: int
    """How many bytes it has at the level below; 0 of what was compressed before."""

    @property
    def evidence(self) -> TraceEvidence:
        plain, sent = self.plain / 1000, self.sent / 1000
        if self.level:
            said = f"{plain:.1f} kB became {sent:.1f} kB at level 9, and become {self.level / 1000:.1f} kB at level {_LEVEL}"
        else:
            kind = self.request.answered("content-type").partition(";")[0]
            said = f"{plain:.1f} kB of `{kind}`, which is compressed already, became {sent:.1f} kB"
        figures = {"bytes": float(self.plain), "compressed_bytes": float(self.sent)}
        return TraceEvidence(
            text=f"`{self.request.asked}`: {said}", figures=figures, route=self.request.exchange.endpoint
        )


def detect(traces: Traces, project: Project) -> Iterator[Finding]:
    """One finding for a service with one such middleware, with the routes of which it compressed the largest answers."""
    adding = [
        each
        for each in project.middleware.all
        if each.last_name == "GZipMiddleware" and each.function is None
    ]
    if len(adding) != 1:
        return
    largest: dict[str, _Packed] = {}
    for request in requests(traces):
        packed = _packed(request)
        route = request.exchange.endpoint
        if packed is not None and (route not in largest or packed.plain > largest[route].plain):
            largest[route] = packed
    told = sorted(largest.values(), key=lambda each: -each.plain)
    if told:
        (middleware,) = adding
        count = f"{len(told)} routes" if len(told) > 1 else f"`{told[0].request.exchange.endpoint}`"
        yield make(
            problem="compression-too-hard",
            domain="request-response",
            severity="low",
            confidence="certain",
            message=f"large answers of {count} are compressed for more CPU than it spares bytes",
            module=middleware.module,
            owner=middleware.owner,
            node=middleware.node,
            routes=tuple(each.request.exchange.endpoint for each in told),
            evidence=tuple(each.evidence for each in told[:_TOLD]),
            impact=_IMPACT,
            fix_class="decide",
        )


def _packed(request: Request) -> _Packed | None:
    """What was made of an answer, if little was gained by it."""
    if request.answered("content-encoding") != "gzip" or not request.exchange.route:
        return None
    body = request.body() or b""
    try:
        plain = zlib.decompress(body, _GZIP)
    except zlib.error:
        return None
    if len(plain) < _LARGE:
        return None
    if len(body) >= _NOTHING * len(plain):
        return _Packed(request, len(plain), len(body), 0)
    lower = _size(plain, _LEVEL)
    is_hardest = body[8] == _HARDEST and lower <= _NEARLY * len(body)
    return _Packed(request, len(plain), len(body), lower) if is_hardest else None


def _size(plain: bytes, level: int) -> int:
    packer = zlib.compressobj(level, wbits=_GZIP)
    return len(packer.compress(plain) + packer.flush())
