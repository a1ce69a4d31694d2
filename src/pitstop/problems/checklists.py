"""Checklists before merging and before deploying, answered from evidence: what this run has seen, and no more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pitstop.data import Finding, Report, Skipped
from pitstop.pictures import Check
from pitstop.problems import Problem
from pitstop.verdicts import Change, Changed, Proved, Verdict

_SHOWN = 3
_LOOKING = frozenset({"read", "copy", "discover"})


@dataclass(frozen=True)
class _Question:
    text: str
    problems: tuple[str, ...]


_QUESTIONS = (
    _Question(
        "Does nothing block the event loop?",
        (
            *("blocking-call-in-async", "blocking-call-transitive", "cpu-work-in-async", "loop-inside-loop"),
            *("callback-runs-sync-in-stream", "thread-lock-across-await", "sync-session-in-async"),
        ),
    ),
    _Question(
        "Are clients of other services shared, and limited in time?",
        ("client-per-request", "missing-timeout", "keys-fetched-per-request", "retry-without-limit"),
    ),
    _Question(
        "Are rows read with as few queries as it takes?",
        (
            *("n-plus-one-loop", "n-plus-one-lazy-relationship", "duplicate-query", "over-eager-loading"),
            *("cartesian-eager-load", "count-per-page", "permission-per-object"),
        ),
    ),
    _Question(
        "Has each column that is looked up an index?",
        ("missing-index", "index-only-in-migration", "unused-or-duplicate-index"),
    ),
    _Question("Have lists a limit?", ("unbounded-query", "oversized-payload", "export-loads-everything")),
    _Question(
        "Are calls of language models few, limited and shared?",
        (
            *(
                "llm-call-in-loop",
                "llm-no-bounds",
                "llm-repeat-uncached",
                "llm-prompt-bloat",
                "llm-not-streamed",
            ),
            "embedding-one-by-one",
        ),
    ),
    _Question(
        "Does what can wait together wait together, and not without limit?",
        ("sequential-awaits", "await-in-loop", "unbounded-gather", "concurrent-use-of-one-session"),
    ),
    _Question(
        "Are large bodies and files passed on in parts?",
        ("upload-read-whole", "download-built-in-memory", "file-read-whole", "export-loads-everything"),
    ),
    _Question(
        "Do the pools of connections fit, and is nothing held longer than it takes?",
        ("pool-misfit", "session-leak", "engine-per-request", "transaction-over-io", "thread-pool-starved"),
    ),
    _Question(
        "Is repeated work kept, in caches that have a limit?",
        (
            *(
                "uncached-repeat-work",
                "unbounded-cache",
                "lru-cache-on-async-or-method",
                "redis-keys-command",
            ),
            *("settings-built-per-request", "class-built-per-request"),
        ),
    ),
    _Question(
        "Is each token verified, each writing route guarded as its siblings, and no error shown from inside?",
        ("unverified-token", "route-without-auth", "cors-wildcard-with-credentials", "internals-leaked"),
    ),
)
"""Of each the problems that would be found if the answer were no."""


def before_deploying(
    report: Report, findings: Sequence[Finding], problems: Sequence[Problem], *, measured: bool
) -> Iterator[Check]:
    """The questions of a service. `findings` are all that were found, `problems` those that were looked for, `measured` says whether requests were seen.

    *Yes* takes that all of its problems were looked for, by reading and by measuring.
    """
    looked_for = {problem.name: problem for problem in problems}
    proved = {verdict.finding for verdict in report.verdicts if isinstance(verdict, Proved)}
    told = {each.id for each in report.findings}
    for question in _QUESTIONS:
        found = [each for each in findings if each.problem in question.problems]
        missing = [name for name in question.problems if name not in looked_for]
        if found:
            answer, because = "no", _told(found, sum(each.id in proved for each in found))
            if missing_here := sum(each.id not in told for each in found):
                because += f"; {missing_here} of them by reading, which `pitstop inspect` tells"
        elif missing:
            answer, because = "unknown", f"not looked for: {', '.join(missing)}"
        elif (unseen := _unseen(report, question.problems)) is not None:
            answer, because = "unknown", f"not looked at: {unseen.subject}: {unseen.reason}"
        elif not measured:
            answer, because = (
                "unknown",
                "nothing was found by reading; `pitstop measure` shows what only requests do",
            )
        elif report.route_coverage is not None and report.route_coverage.uncalled:
            uncalled = report.route_coverage
            answer = "unknown"
            because = f"nothing was found, but {len(uncalled.uncalled)} of {uncalled.declared} routes were not asked"
        else:
            answer, because = (
                "yes",
                f"read {report.project.files} files, and asked {len(report.routes)} routes",
            )
        yield Check(
            list="before deploying",
            question=question.text,
            answer=answer,  # type: ignore[arg-type] # one of three words, above
            because=because,
            findings=tuple(each.id for each in found if each.id in told),
        )
    yield Check(
        list="before deploying",
        question="Does the database write a log of slow statements?",
        answer="unknown",
        because="that is set in the database, where pitstop does not look",
    )
    yield _response_times(report)


def _unseen(report: Report, names: Sequence[str]) -> Skipped | None:
    """A file, a rule or a part of the run that was not looked at and may have shown one of some problems."""
    own = (each for each in report.skipped if each.stage in _LOOKING or each.subject in names)
    return next(own, None)


def _told(found: Sequence[Finding], mended: int) -> str:
    names = list(dict.fromkeys(each.problem for each in found))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    count = f"{len(found)} finding" + ("s" if len(found) > 1 else "")
    repaired = f", {mended} with a proved repair" if mended else ""
    return f"{count}: {', '.join(names[:_SHOWN])}{more}{repaired}"


def _response_times(report: Report) -> Check:
    times = [each for each in report.budgets if each.limit == "p95"]
    if times:
        over = [each for each in times if each.is_over]
        named = ", ".join(
            f"{each.route} ({each.measured:,.0f} of {each.allowed:,.0f} ms)" for each in over[:_SHOWN]
        )
        return Check(
            list="before deploying",
            question="Do all routes answer fast enough?",
            answer="no" if over else "yes" if len(times) == len(report.routes) else "unknown",
            because=named
            or f"{len(times)} of {len(report.routes)} routes have a budget for their p95, and keep it",
        )
    asked = [route for route in report.routes if route.requests]
    slowest = max(asked, key=lambda route: route.p95_ms, default=None)
    told = "nothing was measured: `pitstop measure`"
    if slowest is not None:
        many = f"95 % of its {slowest.requests} requests" if slowest.requests > 1 else "its one request"
        told = (
            f"no budget says what is fast enough: of {len(asked)} routes {slowest.route} is the slowest, "
            f"{many} within {slowest.p95_ms:,.0f} ms"
        )
    return Check(
        list="before deploying",
        question="Do all routes answer fast enough?",
        answer="unknown",
        because=told,
    )


def before_merging(report: Report, findings: Sequence[Finding]) -> Iterator[Check]:
    """The questions of changes that were judged: of those that are kept, or of the one that somebody asked about."""
    verdicts = [each for each in report.verdicts if isinstance(each, Proved) or not each.finding]
    if not verdicts:
        return
    compared = sum(route.compared for each in verdicts for route in each.routes)
    unsure = [each for each in verdicts if not isinstance(each, Proved | Changed) and not compared]
    yield _answered(
        "Does the OpenAPI document promise what it did?",
        [each for each in verdicts if any(d.kind == "contract" for d in each.differences)],
        unsure,
        "the documents are compared, and say the same",
    )
    yield _answered(
        "Does the service answer as before?",
        [each for each in verdicts if any(d.kind != "contract" for d in each.differences)],
        [each for each in verdicts if not each.exercised[1] or not each.exercised[0]],
        f"{compared} answers compared, with their effects",
    )
    slower = [each for each in verdicts if any(_is_worse(c) for route in each.routes for c in route.changes)]
    yield _answered(
        "Is no route slower?", slower, [each for each in verdicts if not _is_timed(each)], "timed in pairs"
    )
    failed = [each for each in verdicts if any(d.kind == "test" for d in each.differences)]
    untested = [each for each in verdicts if not each.tests]
    yield _answered("Do the tests pass as before?", failed, untested, verdicts[-1].tests)
    exposed = [each for each in findings if each.domain == "auth"]
    yield Check(
        list="before merging",
        question="Is nothing known that lets in who should not be?",
        answer="no" if exposed else "unknown",
        because=_told(exposed, 0)
        if exposed
        else "no rule found any; a change is judged by what it does, not by what it allows",
        findings=tuple(each.id for each in exposed),
    )


def of_review(report: Report) -> Iterator[Check]:
    """The questions of a change that was read: what only a run shows stays open."""
    review = report.review
    assert review is not None
    drift = report.contract
    broken = (
        [change for change in drift.changes if change.severity == "breaking"] if drift is not None else []
    )
    answer, because = "yes", "the documents of both versions break no client"
    if drift is None:
        answer, because = "unknown", "the documents of both versions were not compared"
    elif broken:
        answer, because = (
            "no",
            f"{len(broken)} changes break clients, the first: {broken[0].operation} {broken[0].text}",
        )
    yield _check("Does the OpenAPI document promise what it did?", answer, because)
    exposed = [each for each in report.findings if each.domain == "auth"]
    opened = [each.text for each in review.questions if "who is calling" in each.text]
    told = (
        _told(exposed, 0)
        if exposed
        else next(iter(opened), "no rule found any; what it allows is for a person to say")
    )
    yield _check(
        "Is nothing opened to who should not come in?", "no" if exposed else "unknown", told, exposed
    )
    told = (
        _told(report.findings, 0)
        if report.findings
        else "reading found nothing; `pitstop prove` times both versions"
    )
    yield _check(
        "Is nothing slower, or in danger?", "no" if report.findings else "unknown", told, report.findings
    )
    yield _check(
        "Do the tests pass, and does the service answer as before?",
        "unknown",
        "nothing was asked: `pitstop prove` asks both versions by the tests",
    )


def _check(question: str, answer: str, because: str, findings: Sequence[Finding] = ()) -> Check:
    return Check(
        list="before merging",
        question=question,
        answer=answer,  # type: ignore[arg-type] # one of three words, as its callers write them
        because=because,
        findings=tuple(each.id for each in findings),
    )


def _answered(question: str, against: Sequence[Verdict], unsure: Sequence[Verdict], because: str) -> Check:
    told = against or unsure
    titles = ", ".join(each.title for each in told[:_SHOWN])
    return Check(
        list="before merging",
        question=question,
        answer="no" if against else "unknown" if unsure else "yes",
        because=(f"{titles}: {told[0].reason}" if told else because),
    )


def _is_worse(change: Change) -> bool:
    return change.interval is not None and change.interval.low > 1


def _is_timed(verdict: Verdict) -> bool:
    return any(change.interval is not None for route in verdict.routes for change in route.changes)
