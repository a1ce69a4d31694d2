"""Two exchanges compared: status, headers, body, errors, rows, and what others were asked and sent."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator

import msgspec

from pitstop.proof import answers, document
from pitstop.proof.effects import asked, commits, locks, logged, rows, table_totals
from pitstop.traces.bodies import Body
from pitstop.traces.records import Exchange
from pitstop.verdicts import Difference

TIMED_HEADERS = frozenset({"date", "server-timing", "x-process-time", "x-response-time", "x-runtime"})
"""Headers that tell the time or how long something took. Only their presence is compared."""

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{4,}\b")


class Noise(msgspec.Struct, frozen=True, kw_only=True):
    """What differed between two runs of the unchanged app in one exchange, and is not compared there."""

    status: bool = False
    error: bool = False
    request: bool = False
    headers: frozenset[str] = frozenset()
    body: dict[document.Path, document.Wobble] = {}
    spelling: bool = False
    """The body had the same values in other bytes: its values are compared, not its bytes."""
    opaque: bool = False
    """The body differed and is no text, or was written as something else: nothing of it can be compared."""
    pieces: bool = False
    """It was sent as a whole once, and in pieces once."""
    logged: bool = False
    """Errors were logged with other values, or other ones."""
    lines: bool = False
    """Other errors were logged, also without regard to their values."""
    commits: bool = False
    """Commits came sooner or later."""
    locks: frozenset[str] = frozenset()
    calls: frozenset[tuple[str, str]] = frozenset()
    """Methods and URLs of others that were asked for something else, or not at all."""
    rows: frozenset[tuple[str, str, str]] = frozenset()
    counts: frozenset[tuple[str, str]] = frozenset()
    loose: dict[tuple[str, str], int] = {}
    """How many rows of a table had other values the second time."""

    def __or__(self, other: Noise) -> Noise:
        return Noise(
            status=self.status or other.status,
            error=self.error or other.error,
            request=self.request or other.request,
            headers=self.headers | other.headers,
            body=document.joined(self.body, other.body),
            spelling=self.spelling or other.spelling,
            opaque=self.opaque or other.opaque,
            pieces=self.pieces or other.pieces,
            logged=self.logged or other.logged,
            lines=self.lines or other.lines,
            commits=self.commits or other.commits,
            locks=self.locks | other.locks,
            calls=self.calls | other.calls,
            rows=self.rows | other.rows,
            counts=self.counts | other.counts,
            loose={
                key: max(self.loose.get(key, 0), other.loose.get(key, 0))
                for key in self.loose.keys() | other.loose.keys()
            },
        )

    def places(self) -> Iterator[str]:
        """The noisy places in words, list indices left open."""
        yield from (name for name in ("status", "error", "request", "pieces") if getattr(self, name))
        if self.logged:
            yield "errors in the log"
        yield from (f"{method} {url}" for method, url in sorted(self.calls))
        yield from (f"header {name}" for name in sorted(self.headers))
        yield from sorted({f"body {document.pattern(path)}" for path in self.body})
        if self.opaque or (self.spelling and not self.body):
            yield "body"
        yield from sorted({f"{operation} {table}" for operation, table, _ in self.rows})


def headers(exchange: Exchange) -> dict[str, list[str]]:
    """Header values by lower-case name, in the order they were sent."""
    found: dict[str, list[str]] = {}
    for name, value in exchange.response_headers:
        found.setdefault(name.lower(), []).append(value)
    return found


def _header_matters(name: str, exchange: Exchange) -> bool:
    # the length follows from the body, which is compared itself; after HEAD there is none to compare
    return name not in TIMED_HEADERS and (name != "content-length" or exchange.method == "HEAD")


def request(exchange: Exchange) -> tuple[str, str, str, Body]:
    """What was asked: method, path, query and body."""
    return exchange.method, exchange.path, exchange.query, exchange.request_body


def _error(exchange: Exchange) -> str:
    return _ADDRESS.sub("0x…", exchange.error)


def learn(before: Exchange, again: Exchange) -> Noise:
    """What one exchange of the unchanged app did differently the second time."""
    one, other = headers(before), headers(again)
    written, rewritten = rows(before), rows(again)
    totals, retotals = table_totals(written), table_totals(rewritten)
    body: dict[document.Path, document.Wobble] = {}
    opaque = spelling = False
    if before.response_body != again.response_body:
        try:
            was, is_now = answers.read(before), answers.read(again)
            opaque = was.form != is_now.form
        except answers.OpaqueError:
            opaque = True
        else:
            spelling = not opaque
            body = document.wobbles(was.value, is_now.value) if spelling else {}
    return Noise(
        status=(before.status, before.close_code) != (again.status, again.close_code),
        error=_error(before) != _error(again),
        request=request(before) != request(again),
        headers=frozenset(name for name in one.keys() | other.keys() if one.get(name) != other.get(name)),
        body=body,
        spelling=spelling,
        opaque=opaque,
        pieces=(before.pieces > 1) != (again.pieces > 1),
        logged=logged(before) != logged(again),
        lines=logged(before, values=False) != logged(again, values=False),
        commits=commits(before) != commits(again),
        locks=locks(before) ^ locks(again),
        calls=frozenset((method, url) for method, url, _ in asked(before) ^ asked(again)),
        rows=frozenset(key for key in written.keys() | rewritten.keys() if written[key] != rewritten[key]),
        counts=frozenset(key for key in totals.keys() | retotals.keys() if totals[key] != retotals[key]),
        loose=dict(table_totals(written - rewritten)),
    )


def _told_apart(exchange: Exchange) -> tuple[object, ...]:
    return request(exchange), exchange.response_headers, exchange.response_body


def reordered(before: Exchange, after: Exchange) -> dict[document.Path, document.Wobble]:
    """The lists whose order alone differs between two answers; nothing where more than that does."""
    if before.response_body == after.response_body:
        return {}
    try:
        return document.reordered(answers.read(before).value, answers.read(after).value) or {}
    except answers.OpaqueError:
        return {}


def differences(
    before: Exchange, after: Exchange, noise: Noise, where: str
) -> Iterator[tuple[str, Difference]]:
    """What is not as before in one exchange, each with its place as `Noise.places` would call it."""
    if _told_apart(before) != _told_apart(after):
        before, after = answers.settled(before), answers.settled(after)
    if not noise.request and request(before) != request(after):
        yield (
            "request",
            Difference(kind="missing", where=f"{where}: request", before=_asked(before), after=_asked(after)),
        )
    if not noise.status and before.status != after.status:
        yield (
            "status",
            Difference(
                kind="status", where=f"{where}: status", before=str(before.status), after=str(after.status)
            ),
        )
    if not noise.status and before.close_code != after.close_code:
        codes = [str(each.close_code) for each in (before, after)]
        yield (
            "status",
            Difference(kind="status", where=f"{where}: close code", before=codes[0], after=codes[1]),
        )
    if not noise.error and _error(before) != _error(after):
        kinds = [document.clip(each or "no error") for each in (_error(before), _error(after))]
        yield "error", Difference(kind="error", where=f"{where}: error", before=kinds[0], after=kinds[1])
    yield from _header_differences(before, after, noise, where)
    yield from _body_differences(before, after, noise, where)
    yield from _row_differences(before, after, noise, where)
    if _is_written_later(before, after) and not noise.commits:
        yield (
            "commit",
            Difference(
                kind="rows", where=f"{where}: commit", before="before the answer was sent", after="after it"
            ),
        )
    yield from _call_differences(before, after, noise, where)
    for lock in sorted(locks(before) - locks(after) - noise.locks):
        yield lock, Difference(kind="rows", where=f"{where}: {lock}", before="taken", after="not taken")
    values = not noise.logged
    if not noise.lines and logged(before, values=values) != logged(after, values=values):
        texts = [_told_errors(each) for each in (before, after)]
        if texts[0] == texts[1]:
            texts[1] += ", other texts"
        place = "errors in the log"
        yield place, Difference(kind="log", where=f"{where}: {place}", before=texts[0], after=texts[1])


def _is_written_later(before: Exchange, after: Exchange) -> bool:
    """Whether what was committed before the client had its answer is so no more: it may ask for what is not there yet, or never is.

    Fewer commits are no difference, nor are those that always came after the answer.
    """
    (in_time, late), (in_time_now, late_now) = commits(before), commits(after)
    return bool(before.changes and after.changes) and in_time_now < in_time and late_now > late


def _told_errors(exchange: Exchange) -> str:
    told = Counter(
        f"{logging.getLevelName(each.level)} of {each.logger}"
        + (f" ({each.exception.rpartition('.')[2]})" if each.exception else "")
        for each in exchange.errors
    )
    return document.clip(", ".join(f"{n} × {text}" if n > 1 else text for text, n in told.items()) or "none")


def _asked(exchange: Exchange) -> str:
    query = f"?{exchange.query}" if exchange.query else ""
    body = f" with a body of {len(exchange.request_body)} bytes" if exchange.request_body else ""
    return document.clip(f"{exchange.method} {exchange.path}{query}{body}")


def _header_differences(
    before: Exchange, after: Exchange, noise: Noise, where: str
) -> Iterator[tuple[str, Difference]]:
    one, other = headers(before), headers(after)
    for name in sorted(one.keys() | other.keys()):
        if name in noise.headers:
            continue
        if name in one and name in other and (not _header_matters(name, before) or one[name] == other[name]):
            continue
        if one.get(name) == [str(before.response_bytes)] and other.get(name) == [str(after.response_bytes)]:
            # a length under another name, such as `Content-Size`: of what is compressed it changes with any time in it
            continue
        values = [
            document.clip("; ".join(each[name])) if name in each else "(not there)" for each in (one, other)
        ]
        yield (
            f"header {name}",
            Difference(kind="header", where=f"{where}: header {name}", before=values[0], after=values[1]),
        )


def _body_differences(
    before: Exchange, after: Exchange, noise: Noise, where: str
) -> Iterator[tuple[str, Difference]]:
    if noise.opaque or before.response_body == after.response_body:
        if before.response_bytes != after.response_bytes and not (noise.opaque or noise.spelling):
            sizes = [f"{each.response_bytes} bytes" for each in (before, after)]
            yield (
                "body",
                Difference(kind="body", where=f"{where}: body size", before=sizes[0], after=sizes[1]),
            )
        if noise.opaque:
            return
    if before.pieces > 1 and after.pieces == 1 and not noise.pieces:
        yield (
            "pieces",
            Difference(
                kind="body", where=f"{where}: body", before=f"sent in {before.pieces} pieces", after="in one"
            ),
        )
    if before.response_body == after.response_body:
        return
    try:
        one, other = answers.read(before), answers.read(after)
        are_comparable = one.form == other.form
    except answers.OpaqueError:
        are_comparable = False
    if not are_comparable:
        texts = [document.clip(repr(each.body)) for each in (before, after)]
        yield "body", Difference(kind="body", where=f"{where}: body", before=texts[0], after=texts[1])
        return
    found = False
    for path, old, new in document.explain(one.value, other.value, noise.body):
        found = True
        yield (
            f"body {document.pattern(path)}",
            Difference(kind="body", where=f"{where}: {one.place(path)}", before=old, after=new),
        )
    if not found and not noise.spelling:
        # equal values in other bytes are a difference: a client may hash or sign what it gets
        sizes = [f"{len(each.body)} bytes" for each in (before, after)]
        yield (
            "body",
            Difference(
                kind="body",
                where=f"{where}: body, the same values written otherwise",
                before=sizes[0],
                after=sizes[1],
            ),
        )


def _call_differences(
    before: Exchange, after: Exchange, noise: Noise, where: str
) -> Iterator[tuple[str, Difference]]:
    """Calls that only read, and that were not made before. That one is spared is what repairs are for."""
    known = {(method, url) for method, url, _ in asked(before)}
    new = {(method, url) for method, url, _ in asked(after) - asked(before)}
    for method, url in sorted(new - noise.calls):
        place = f"{method} {url}"
        told = "asked" if (method, url) in known else "not asked"
        now = "asked for something else" if (method, url) in known else "asked"
        yield place, Difference(kind="call", where=f"{where}: {document.clip(place)}", before=told, after=now)


def _row_differences(
    before: Exchange, after: Exchange, noise: Noise, where: str
) -> Iterator[tuple[str, Difference]]:
    one, other = rows(before), rows(after)
    totals, others = table_totals(one), table_totals(other)
    wobbling = {(operation, table) for operation, table, _ in noise.rows}
    for key in sorted(totals.keys() | others.keys()):
        # hashes that wobbled may come back as any others, but not more or fewer of them; steady ones must be there
        steady = {row for row in one.keys() | other.keys() if row[:2] == key and row not in noise.rows}
        # the run of a patch that was accepted has hashes that no run before it had
        unknown = noise.loose.get(key, 0) - sum(one[row] for row in noise.rows if row[:2] == key)
        same = (
            sum(max(one[row] - other[row], 0) for row in steady) <= max(unknown, 0)
            if key in wobbling
            else all(other[row] == one[row] for row in steady)
        )
        if same and (totals[key] == others[key] or key in noise.counts):
            continue
        operation, table = key
        texts = [f"{count[key]} times" for count in (totals, others)]
        if texts[0] == texts[1]:
            texts[1] += ", other values"
        place = f"{operation} {table}"
        yield (
            place,
            Difference(
                kind="rows",
                where=f"{where}: {document.clip(place)}",
                before=texts[0],
                after=texts[1],
            ),
        )
