"""A plan for a complaint, and what its measurements answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from pitstop.budgets import Budget, limits_of
from pitstop.complaints import Complaint, nearest
from pitstop.data import Finding, TraceEvidence
from pitstop.diagnoses import Answer, Diagnosis, Symptom
from pitstop.known import Known
from pitstop.measures import RouteSummary
from pitstop.settings import Settings

_MEASURES: dict[Symptom, str] = {
    "slow": "how long its requests take, and in which phases",
    "errors": "which of its requests fail, and where",
    "database": "which statements each request sends, from which lines, by which plans",
    "blocking": "how long the event loop stands still, and at which line",
    "size": "how many bytes are read and sent",
    "memory": "what requests allocate (`pitstop measure --memory`, a run of its own)",
    "load": "what is held of threads and connections, and at what rate they are all taken",
    "start-up": "nothing here: `pitstop prove` times the start of two versions",
}
_NOT_HERE: dict[Symptom, str] = {
    "memory": "this run does not measure memory: `pitstop measure --memory` does",
    "start-up": "this run does not time the start: `pitstop prove` does, of two versions",
}
_EXPLAINS: dict[Symptom, tuple[str, ...]] = {
    "database": ("database",),
    "size": ("request-response", "memory"),
    "memory": ("memory",),
    "errors": ("errors",),
}
_BLOCKING = frozenset(
    {"blocking-call-in-async", "blocking-call-transitive", "cpu-work-in-async", "sync-session-in-async"}
)
_LOAD = frozenset(
    {"pool-misfit", "thread-pool-starved", "transaction-over-io", "session-leak", "engine-per-request"}
)
_TOLD = 3


def answer(known: Known, complaint: Complaint, settings: Settings, served: Sequence[str]) -> None:
    """Put the plan with its answers into what is known, and leave of the findings and pictures those that it is about. `served` are all routes."""
    unasked = [route for route in complaint.routes if route not in {each.route for each in known.routes}]
    if complaint.routes:
        own = set(complaint.routes)
        known.findings = tuple(each for each in known.findings if own & {each.route, *each.routes})
        known.routes = tuple(each for each in known.routes if each.route in own)
        known.slowest = tuple(each for each in known.slowest if each.route in own)
        known.flames = tuple(each for each in known.flames if each.route in own)
        known.plans = tuple(each for each in known.plans if own & set(each.routes))
    answers = tuple(_answer(symptom, known.routes, known.findings, unasked) for symptom in complaint.symptoms)
    explaining = {each for told in answers for each in told.findings}
    known.findings = tuple(each for each in known.findings if each.id in explaining)
    known.diagnosis = Diagnosis(
        complaint=complaint.text,
        routes=complaint.routes,
        symptoms=complaint.symptoms,
        criterion=_criterion(complaint, settings.budgets),
        constraints=(
            "the service answers as before: status, headers, bodies, rows, calls",
            "its tests pass as before",
        ),
        non_goals=("other routes, but where they share the cause",) if complaint.routes else (),
        measured=tuple(_MEASURES[symptom] for symptom in complaint.symptoms),
        answers=answers,
        questions=tuple(_questions(complaint, answers, unasked, settings.budgets, served))[:_TOLD],
    )


def _criterion(complaint: Complaint, budgets: dict[str, Budget]) -> str:
    told = []
    for route in complaint.routes:
        limits = limits_of(route, budgets)
        told += [
            f"{route} keeps its budget of {allowed:g} for {limit}" for limit, (allowed, _) in limits.items()
        ]
    if told:
        return "; ".join(told[:_TOLD])
    where = ", ".join(complaint.routes[:_TOLD]) if complaint.routes else "the service"
    if complaint.symptoms == ("errors",):
        return f"{where} answers each of these requests without an error of its own"
    return (
        f"{where} answers the same in clearly less, in pairs with an interval; no budget says what is enough"
    )


def _answer(
    symptom: Symptom, about: Sequence[RouteSummary], findings: Sequence[Finding], unasked: Sequence[str]
) -> Answer:
    own = _explaining(symptom, findings)
    ids = tuple(each.id for each in own)
    if symptom in _NOT_HERE:
        return Answer(symptom=symptom, seen="unknown", because=_NOT_HERE[symptom], findings=ids)
    if not about:
        asked = f"no request asked {', '.join(unasked[:_TOLD])}" if unasked else "nothing was measured"
        return Answer(symptom=symptom, seen="unknown", because=asked, findings=ids)
    dearest = max(about, key=lambda route: route.p95_ms)
    requests = f"{dearest.requests} request" + ("s" if dearest.requests != 1 else "")
    if symptom == "errors":
        failed = [route for route in about if route.errors]
        if failed:
            worst = max(failed, key=lambda route: route.errors)
            because = f"{worst.errors} of {worst.requests} requests of {worst.route} ended in an error of the service"
            return Answer(symptom=symptom, seen="yes", because=because, findings=ids)
        because = f"none of {sum(route.requests for route in about)} requests failed; what fails in production asks otherwise than these"
        return Answer(symptom=symptom, seen="unknown", because=because, findings=ids)
    told = {
        "database": f"{dearest.statements:.3g} statements that bring {dearest.rows:.3g} rows and take {dearest.database_ms:.3g} ms, as means",
        "blocking": f"the event loop stands still for {dearest.blocked_ms:.3g} ms of each request",
        "size": f"{dearest.bytes:,.0f} bytes are sent and {dearest.bytes_in:,.0f} read, as means",
    }.get(symptom, f"{dearest.p50_ms:.3g} ms in the median, {dearest.p95_ms:.3g} for 95 %{_phases(dearest)}")
    because = f"{dearest.route}, {requests}: {told}"
    seen = _were_measured(own, {route.route for route in about})
    seen = seen or (symptom == "blocking" and dearest.blocked_ms > 0)
    return Answer(symptom=symptom, seen="yes" if seen else "unknown", because=because, findings=ids)


def _were_measured(findings: Sequence[Finding], routes: Collection[str]) -> bool:
    """Whether requests of some routes showed one of the findings: what reading alone found may explain, and was not seen."""
    return any(
        isinstance(each, TraceEvidence) and each.route in {"", *routes}
        for finding in findings
        for each in finding.evidence
    )


def _phases(route: RouteSummary) -> str:
    whole = sum(phase.ms for phase in route.phases)
    first = [phase for phase in route.phases[:_TOLD] if whole]
    told = ", ".join(
        f"{100 * phase.ms / whole:.0f} % {f'{phase.kind} {phase.name}'.rstrip()}" for phase in first
    )
    return f"; {told}" if told else ""


def _explaining(symptom: Symptom, findings: Sequence[Finding]) -> list[Finding]:
    if symptom in _EXPLAINS:
        return [each for each in findings if each.domain in _EXPLAINS[symptom]]
    if symptom == "blocking":
        return [each for each in findings if each.problem in _BLOCKING]
    if symptom == "load":
        return [each for each in findings if each.problem in _LOAD | _BLOCKING]
    if symptom == "start-up":
        return [each for each in findings if each.domain == "server"]
    return [each for each in findings if each.domain not in {"errors", "auth", "api-design"}]


def _questions(
    complaint: Complaint,
    answers: Sequence[Answer],
    unasked: Sequence[str],
    budgets: dict[str, Budget],
    served: Sequence[str],
) -> Iterator[str]:
    if not complaint.routes:
        yield f"Which route is it about? All were looked at. For example {', '.join(nearest(complaint, served))}"
    elif complaint.guessed:
        yield f"Is it about {', '.join(complaint.routes[:_TOLD])}? No path was named."
    if unasked:
        yield (
            f"How is {unasked[0]} asked? No test asks it: `pitstop record` writes real requests down for `--requests`, `--generate` makes some up."
        )
    if any(each.symptom == "errors" and each.seen == "unknown" for each in answers):
        yield "Which request fails: who sends it, with what? `pitstop record` writes it down, and `--requests` sends it again."
    if "slow" in complaint.symptoms and not any(
        "p95" in limits_of(route, budgets) for route in complaint.routes
    ):
        yield "What is fast enough? A budget says it: `p95` for the route, in ms."
    if any(each.seen == "unknown" for each in answers):
        yield "Since when, and with how much data? `pitstop review` says what a change brought, `pitstop measure --rows N` what grows."
