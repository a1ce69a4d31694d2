"""Requests that fit the schema and were answered 500, with the line at which what left the app was raised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, TraceEvidence
from pitstop.problems.findings import make
from pitstop.problems.measured import covers

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.records import Exchange, Frame, Run

PROBLEM = "expected-failure-becomes-500"
_OF_REQUESTS = frozenset(
    {
        "ArithmeticError", "AttributeError", "DataError", "DecodeError", "IndexError", "IntegrityError", "InvalidOperation",
        "JSONDecodeError", "KeyError", "LookupError", "MultipleResultsFound", "NoResultFound", "OverflowError", "StopIteration",
        "TypeError", "UnicodeDecodeError", "UnicodeEncodeError", "ValidationError", "ValueError", "ZeroDivisionError",
    }
)  # fmt: skip
"""Errors that what a request holds brings about. A missing file or a server that does not answer is the machine's doing."""
_OF_THE_DATABASE = frozenset({"DataError", "IntegrityError"})
"""Of what was sent to be written, whatever rows are there."""


@dataclass
class _Failure:
    """One line that raised one kind of error."""

    error: str
    frames: tuple[Frame, ...]
    first: Exchange
    routes: Counter[str] = field(default_factory=Counter)


def failed(
    run: Run, found: Iterable[Finding], project: Project, *, made_up_rows: bool = False
) -> Iterator[Finding]:
    """A finding for each line of the service whose error was answered 500. The run's requests must have been made to fit the schema.

    Where reading the code has told of the line, it is that finding with what was seen. With `made_up_rows` a request that
    has read some proves nothing: the service may never have written the like of them.
    """
    failures: dict[tuple[str, object], _Failure] = {}
    asked: Counter[str] = Counter()
    for position, exchange in enumerate(run.exchanges):
        asked[exchange.endpoint] += 1
        error = exchange.error.rpartition(".")[2]
        frames = run.frames(position, exchange.error_stack) if exchange.error_stack else ()
        if made_up_rows and error not in _OF_THE_DATABASE and any(each.rows for each in exchange.statements):
            continue
        if error in _OF_REQUESTS and frames and exchange.status in (0, 500):
            failure = failures.setdefault((error, frames[0]), _Failure(error, frames, exchange))
            failure.routes[exchange.endpoint] += 1
    known = [finding for finding in found if finding.problem == PROBLEM]
    versions = {name: version for process in run.processes for name, version in process.packages.items()}
    for failure in failures.values():
        within = _within(failure, versions)
        evidence = tuple(_evidence(failure, route, asked[route], within) for route in failure.routes)
        told = next((each for each in known if covers(each.location, failure.frames[:1])), None)
        if told is not None:
            yield msgspec.structs.replace(told, evidence=evidence)
        elif (finding := _finding(failure, evidence, project)) is not None:
            yield finding


def _finding(failure: _Failure, evidence: tuple[TraceEvidence, ...], project: Project) -> Finding | None:
    frame = failure.frames[0]
    function = project.function_at(frame.path, frame.line)
    if function is None:
        return None
    sites = [site for site in function.sites if site.node.span[0] <= frame.line <= site.node.span[2]]
    site = next((site for site in sites if site.node.span[0] == frame.line), sites[0] if sites else None)
    if site is None:
        return None
    return make(
        problem=PROBLEM,
        domain="errors",
        severity="medium",
        confidence="certain",
        message=f"`{function.name}` raises {failure.error} for a request that fits the schema, and nothing catches it: the caller gets 500",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        routes=tuple(failure.routes),
        evidence=evidence,
        fix_class="decide",
    )


def _within(failure: _Failure, versions: Mapping[str, str]) -> str:
    """The installed package that raised a plain error of Python's: it may be what was passed to it, or how it was installed."""
    name = failure.first.error_within
    plain = failure.first.error.startswith("builtins.")
    return f", raised within {name} {versions[name]}," if plain and name in versions else ""


def _evidence(failure: _Failure, route: str, asked: int, within: str) -> TraceEvidence:
    first = failure.first
    times = failure.routes[route]
    target = first.path + (f"?{first.query}" if first.query else "")
    return TraceEvidence(
        text=f"{route} answered 500 with {failure.error}{within} to {times} of {asked} requests; the first was `{first.method} {target[:200]}`",
        figures={"requests": float(times)},
        route=route,
    )
