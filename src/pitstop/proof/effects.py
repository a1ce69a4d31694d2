"""What an exchange did beside its answer: rows and files written, commands, calls, commits, and errors in the log."""

from __future__ import annotations

import functools
import re
from collections import Counter

from pitstop.traces.records import Exchange

_QUIET_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_READING = frozenset({"SELECT", "WITH"})
EXEC = "EXEC"
"""What the probe puts after the writes of one transaction of Redis."""
_COMMITS = frozenset({"COMMIT", "RELEASE"})
"""What writes for good; a suite that rolls all back at its end has a savepoint released in place of a commit."""
_HERE = re.compile(r"(\w+://(?:localhost|127\.0\.0\.1|\[::1\])):(\d+)")
_GIVEN_FROM = 32768
"""Ports from here on are given out by the system (Linux' `ip_local_port_range`; those of other systems lie above)."""

_TABLE = re.compile(r"\bFROM\s+([\w.\"]+)", re.IGNORECASE)
_STRENGTH = re.compile(r"\bFOR\s+(NO\s+KEY\s+UPDATE|KEY\s+SHARE|UPDATE|SHARE)\b", re.IGNORECASE)

Rows = Counter[tuple[str, str, str]]


def rows(exchange: Exchange) -> Rows:
    """Rows written, what was written to Redis, and requests sent to others that may change something there: how often each.

    The order within one exchange is not compared: a unit of work may order its statements anew. Calls that only read
    (GET, HEAD, OPTIONS) may be spared by a repair and are not counted.
    """
    counted: Rows = Counter()
    for operation, table, values, count in exchange.changes:
        counted[operation, table, values] += count
    for command in exchange.commands:
        for operation, key, values in command.written:
            if operation == EXEC:
                continue
            counted[operation or "COMMAND", f"{command.system} {key}".rstrip(), values] += 1
    for path, content in exchange.written:
        counted["WRITE", path, content] += 1
    for call in exchange.calls:
        if call.method.upper() not in _QUIET_METHODS:
            for sent in call.pieces:
                counted[call.method.upper(), _address(call.url), sent] += 1
    return counted


def _address(url: str) -> str:
    """A URL without the port that the system gave to a server on this machine: that of a test's own is another in each run."""
    found = _HERE.match(url)
    return f"{found[1]}:*{url[found.end() :]}" if found and int(found[2]) >= _GIVEN_FROM else url


def asked(exchange: Exchange) -> set[tuple[str, str, str]]:
    """What others were asked for by calls that only read: method, URL, and a hash of query, headers and body."""
    return {
        (call.method.upper(), _address(call.url), call.sent)
        for call in exchange.calls
        if call.method.upper() in _QUIET_METHODS
    }


def commits(exchange: Exchange) -> tuple[int, int]:
    """How often it committed before its answer was sent, and after."""
    commits = sum(1 for each in exchange.statements if each.operation in _COMMITS)
    return commits - exchange.late_commits, exchange.late_commits


def locks(exchange: Exchange) -> frozenset[str]:
    """What keeps others out: the locks that its reading statements take, how strong and of which table, and what MULTI sends to Redis as one."""
    found = {_lock(each.sql) for each in exchange.statements if each.operation in _READING}
    for command in exchange.commands:
        if any(operation == EXEC for operation, *_ in command.written):
            found |= {
                f"MULTI around {operation} {key}".rstrip()
                for operation, key, _ in command.written
                if operation != EXEC
            }
    return frozenset(lock for lock in found if lock)


@functools.lru_cache(maxsize=4096)
def _lock(sql: str) -> str:
    clauses = list(_STRENGTH.finditer(sql))
    table = _TABLE.search(sql)
    return f"FOR {' '.join(clauses[-1][1].upper().split())} of {table[1]}" if clauses and table else ""


def table_totals(counted: Rows) -> Counter[tuple[str, str]]:
    """How often by operation and table, whatever the values."""
    found: Counter[tuple[str, str]] = Counter()
    for (operation, table, _), count in counted.items():
        found[operation, table] += count
    return found


def logged(exchange: Exchange, *, values: bool = True) -> Counter[tuple[int, str, str]]:
    """Errors in the log: level, exception and text, with its values or before they are put in. Whose logger it was is left out:
    code may move to another module."""
    return Counter(
        (each.level, each.exception, each.message if values else each.text) for each in exchange.errors
    )
