"""One list of findings from both senses: run every problem's rule and detector, merge by identity, drop what is ignored, rank."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Evidence, Finding, Location, Skipped, SourceEvidence, TraceEvidence
from pitstop.problems import Problem, discover
from pitstop.project.source import is_covered

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces

_BESIDE = re.compile(
    r"(?i)(?:^|/)(cookbooks?|demos?|(?:[\w.]+[-_])?deprecated|docs?|docs_src|examples?|obsolete|samples?|tutorials?)/"
)
_FOR_OTHERS = {"base-http-middleware", "blocking-call-in-async", "blocking-call-transitive", "cpu-work-in-async"} | {
    "sync-route-without-blocking-work", "sync-session-in-async",
}  # fmt: skip
"""Problems that cost the other requests of the same process."""
_ABOUT_UNREACHED = {"shadowed-route"}
_SEVERITY = {"high": 0, "medium": 1, "low": 2}
_CONFIDENCE = {"certain": 0, "likely": 1, "possible": 2}


def chosen(select: Collection[str] = (), ignore: Collection[str] = ()) -> tuple[Problem, ...]:
    """The problems to look for; a name may be a problem's or a domain's."""
    return tuple(
        p for p in discover().values() if (not select or _named(p, select)) and not _named(p, ignore)
    )


def _named(problem: Problem | Finding, names: Collection[str]) -> bool:
    own = problem.name if isinstance(problem, Problem) else problem.problem
    return own in names or problem.domain in names


def read(project: Project, problems: Iterable[Problem]) -> tuple[list[Finding], list[Skipped]]:
    """What the rules find in the source. A rule that fails is skipped with its reason, and the others go on."""
    found: list[Finding] = []
    skipped: list[Skipped] = []
    for problem in problems:
        if problem.rule is None:
            continue
        try:
            found.extend(
                _where_it_runs(project, finding)
                for finding in problem.rule(project)
                if not _never_runs(project, finding)
            )
        except Exception as error:  # a fault of one rule must not cost the findings of the others
            skipped.append(_failed("inspect", problem.name, error))
    return found, skipped


def _never_runs(project: Project, finding: Finding) -> bool:
    """Whether what is found stands in handlers that no request reaches, or in functions that nothing calls."""
    if finding.problem in _ABOUT_UNREACHED:
        return False
    return all(_is_idle(project, place, finding) for place in (finding.location, *finding.places))


def _is_idle(project: Project, place: Location, finding: Finding) -> bool:
    if place.symbol in project.shadows.unreached:
        return True
    function = project.index.functions.get(place.symbol)
    return not finding.routes and function is not None and project.unused.has(function)


def _where_it_runs(project: Project, finding: Finding) -> Finding:
    """A finding with what is known of the place where its code runs, which rules don't ask for."""
    if finding.problem in _FOR_OTHERS and project.serves_one_at_a_time:
        said = "but it is served by Mangum: one request at a time, so nobody else waits"
        return _doubted(finding, said)
    places = (finding.location, *finding.places)
    if not finding.routes and all(place.path in project.scripts for place in places):
        return _doubted(
            finding, "but it stands in a file that nothing imports: a person starts it, or nobody"
        )
    return _beside_the_service(finding)


def _doubted(finding: Finding, said: str) -> Finding:
    if finding.confidence == "possible":
        return finding
    evidence = SourceEvidence(text=said, locations=(finding.location,))
    return msgspec.structs.replace(finding, confidence="possible", evidence=(*finding.evidence, evidence))


def _beside_the_service(finding: Finding) -> Finding:
    """A finding in examples, or in what nobody uses any more, is *possible* at most: no request is served with that."""
    beside = [_BESIDE.search(place.path) for place in (finding.location, *finding.places)]
    folder = beside[0]
    return (
        _doubted(finding, f"but it stands in `{folder[1]}/`")
        if folder is not None and all(beside)
        else finding
    )


def detect(
    traces: Traces, project: Project, problems: Iterable[Problem]
) -> tuple[list[Finding], list[Skipped]]:
    """What the detectors find in the traces, with the same identities as the rules give."""
    found: list[Finding] = []
    skipped: list[Skipped] = []
    for problem in problems:
        if problem.detector is None:
            continue
        try:
            found.extend(problem.detector(traces, project))
        except Exception as error:  # as above
            skipped.append(_failed("measure", problem.name, error))
    return found, skipped


def refuted(
    found: Iterable[Finding], traces: Traces, project: Project, problems: Iterable[Problem]
) -> tuple[list[Finding], list[Skipped]]:
    """The findings that the traces leave standing, and those that they disprove, each with the reason."""
    kept = list(found)
    skipped: list[Skipped] = []
    for problem in problems:
        if problem.refuter is None:
            continue
        try:
            wrong = dict(problem.refuter(traces, project))
        except Exception as error:  # as above
            skipped.append(_failed("measure", problem.name, error))
            continue
        dropped = {f.id: f for f in kept if f.id in wrong}
        kept = [finding for finding in kept if finding.id not in wrong]
        for finding in dropped.values():
            subject = f"{finding.problem} in {finding.location.path}:{finding.location.line}"
            skipped.append(Skipped(stage="measure", subject=subject, reason=wrong[finding.id]))
    return kept, skipped


def _failed(stage: str, subject: str, error: Exception) -> Skipped:
    reason = f"a fault of pitstop's own: {type(error).__name__}: {error}"
    return Skipped(stage=stage, subject=subject, reason=reason)


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """One finding for each identity, with the evidence of all senses, as sure as the surest of them."""
    merged: dict[str, Finding] = {}
    for finding in findings:
        known = merged.get(finding.id)
        if known is None:
            merged[finding.id] = finding
            continue
        evidence: list[Evidence] = list(known.evidence)
        evidence += (e for e in finding.evidence if e not in evidence)
        sure = min(known.confidence, finding.confidence, key=_CONFIDENCE.__getitem__)
        merged[finding.id] = msgspec.structs.replace(known, evidence=tuple(evidence), confidence=sure)
    return [_with_measured(finding) for finding in merged.values() if not _is_told(finding, merged.values())]


def _is_told(finding: Finding, findings: Iterable[Finding]) -> bool:
    """Whether a problem that this one's gives way to tells of its line."""
    problem = discover().get(finding.problem)
    names = problem.gives_way_to if problem is not None else ()
    return bool(names) and any(
        place.path == finding.location.path
        and place.line <= finding.location.line <= max(place.line, place.end_line)
        for other in findings
        if other.problem in names
        for place in (other.location, *other.places)
    )


def _with_measured(finding: Finding) -> Finding:
    traces = [e for e in finding.evidence if isinstance(e, TraceEvidence)]
    if not traces or finding.impact is None:
        return finding
    worst = max(traces, key=_cost)
    impact = msgspec.structs.replace(finding.impact, measured=worst.figures)
    route = worst.route if worst.route in finding.routes else finding.route
    return msgspec.structs.replace(finding, impact=impact, route=route)


def _cost(evidence: TraceEvidence) -> float:
    return evidence.figures.get("duration_ms", 0.0)


def rank(findings: Iterable[Finding], asked: Mapping[str, int] | None = None) -> tuple[Finding, ...]:
    """Findings in the order of what the user gains: what was measured first, by its time; then by severity.

    Where it is known how often each route is `asked`, by the time of all those requests, and then by their number.
    """

    def key(finding: Finding) -> tuple[object, ...]:
        traces = [e for e in finding.evidence if isinstance(e, TraceEvidence)]
        measured = max(map(_cost, traces), default=-1.0)
        routes = {finding.route, *finding.routes, *(e.route for e in traces)}
        return (
            not traces,
            -_of_all(traces, asked) if asked is not None else 0,
            -sum(asked.get(route, 0) for route in routes) if asked is not None and not traces else 0,
            -measured,
            _SEVERITY[finding.severity],
            _CONFIDENCE[finding.confidence],
            -len(finding.routes),
            finding.location.path,
            finding.location.line,
            finding.id,
        )

    return tuple(sorted(findings, key=key))


def _of_all(traces: Iterable[TraceEvidence], asked: Mapping[str, int]) -> float:
    """ms that the requests of each route take where a finding was measured."""
    worst: dict[str, float] = {}
    for evidence in traces:
        worst[evidence.route] = max(worst.get(evidence.route, 0.0), _cost(evidence))
    return sum(ms * asked.get(route, 0) for route, ms in worst.items())


def with_choices(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, those that a person decides on with what there is to decide between."""
    for finding in findings:
        problem = discover().get(finding.problem)
        if finding.fix.fix_class == "decide" and not finding.fix.options and problem is not None:
            options = tuple(choice.option for choice in problem.choices) or problem.options
            outlook = msgspec.structs.replace(finding.fix, options=options)
            yield msgspec.structs.replace(finding, fix=outlook)
        else:
            yield finding


def without_paths(findings: Iterable[Finding], per_path: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """The findings but for places in files for which their problem or domain is not wanted."""
    for finding in findings:
        unwanted = [pattern for pattern, names in per_path.items() if _named(finding, names)]
        places = [p for p in (finding.location, *finding.places) if not is_covered(p.path, unwanted)]
        if places:
            yield msgspec.structs.replace(finding, location=places[0], places=tuple(places[1:]))


def without_ignored(
    project: Project, findings: Iterable[Finding], problems: Iterable[Problem], *, measured: bool = True
) -> tuple[list[Finding], list[Skipped]]:
    """The findings that no comment `# pitstop: ignore[name]` covers, and the comments that do nothing.

    A comment covers the line it ends, or the next line when it stands alone. It must name the problem: without a name, or
    when it covers nothing, it is reported. `problems` are those that were looked for: of others nothing is known, nor of
    those that only traces show where nothing was `measured`.
    """
    looked_for = {problem.name for problem in problems if measured or problem.rule is not None}
    comments: dict[tuple[str, int], tuple[int, tuple[str, ...]]] = {}
    for file in project.files:
        for ignore in file.facts.ignores:
            line = ignore.line + 1 if ignore.alone else ignore.line
            comments[file.path, line] = (ignore.line, ignore.names)
    used: set[tuple[str, int, str]] = set()
    kept = []
    for finding in findings:
        place = finding.location
        lines = (
            range(place.line, max(place.line, place.end_line) + 1)
            if place.end_line - place.line < 12
            else (place.line,)
        )
        covering = next(
            (
                (place.path, line)
                for line in lines
                if finding.problem in comments.get((place.path, line), (0, ()))[1]
            ),
            None,
        )
        if covering is None:
            kept.append(finding)
        else:
            used.add((*covering, finding.problem))
    skipped = []
    for (path, line), (written, names) in comments.items():
        if not names:
            reason = "the comment names no problem; write `# pitstop: ignore[problem-name]`"
            skipped.append(Skipped(stage="inspect", subject=f"{path}:{written}", reason=reason))
        for name in names:
            known = name in looked_for or name in discover()
            if (path, line, name) not in used and (name in looked_for or not known):
                reason = (
                    f"`ignore[{name}]` covers no finding"
                    if known
                    else f"`ignore[{name}]` names no problem pitstop knows"
                )
                skipped.append(Skipped(stage="inspect", subject=f"{path}:{written}", reason=reason))
    return kept, skipped
