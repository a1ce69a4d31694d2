"""The report for people: findings with their figures, patches, the table of proofs, and what to do next."""

from __future__ import annotations

import io
import re
from collections.abc import Container, Iterable, Iterator

from rich.console import Console, Group, RenderableType
from rich.text import Text

from pitstop.data import Finding, Location, Option, Patch, Report, Severity, TraceEvidence
from pitstop.reports.figures import count
from pitstop.reports.layout import LABEL_WIDTH, diff, entries, heading, indented, plain, shorten
from pitstop.reports.sections import (
    budgets,
    caches,
    compared,
    connections,
    consulted,
    contract,
    diagnosis,
    effects,
    files,
    filled,
    growth,
    indexes,
    memory,
    pools,
    proofs,
    review,
    routes,
    served,
    traffic,
    waterfalls,
    workloads,
)
from pitstop.reports.words import FIX, concerned, expected, figures, headline, step

WIDE = 100
"""From this many columns on, tables have all their columns; below, an entry has lines of its own."""
PLACES = 5
MEASURED = 3
"""Of how many routes the measurements of one finding are shown; one more is shown, not told."""
STATEMENT_LENGTH = 300
SEVERITY: dict[Severity, str] = {"high": "bold red", "medium": "yellow", "low": "cyan"}


def render(report: Report, *, width: int = WIDE, color: bool = False) -> str:
    """The whole report as text of at most `width` columns, with escape codes only if `color`."""
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=max(width, 40),
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    console.print(Group(*_parts(report, wide=width >= WIDE)))
    if report.next:
        # in one piece, however long: it is there to be copied
        console.print(Text.assemble(Text("\nNext: "), (plain(report.next, "bold"))), soft_wrap=True)
    text = "\n".join(line.rstrip() for line in stream.getvalue().splitlines())
    return re.sub("\n{3,}", "\n\n", text) + "\n"


def _parts(report: Report, *, wide: bool) -> list[RenderableType]:
    parts = [_head(report), *diagnosis.parts(report)]
    by_problem: dict[tuple[str, str], list[Finding]] = {}
    for finding in report.findings:
        by_problem.setdefault((finding.problem, finding.domain), []).append(finding)
    for problem, findings in by_problem.items():
        parts += _problem(*problem, findings)
    parts += review.parts(report)
    parts += _patches(report)
    parts += workloads.table(report.workloads)
    parts += routes.table(report, wide=wide)
    parts += budgets.parts(report)
    parts += traffic.parts(report.traffic)
    parts += connections.table(report, wide=wide)
    parts += files.table(report)
    parts += caches.table(report)
    parts += pools.table(report)
    parts += memory.table(report)
    parts += filled.parts(report)
    if report.review is None or (report.contract is not None and report.contract.changes):
        parts += contract.parts(report.contract)
    parts += indexes.parts(report)
    parts += growth.parts(report)
    parts += served.parts(report, wide=wide)
    if not (report.verdicts or report.declined):
        # Of a run that mends, requests as they were are for the page.
        parts += waterfalls.parts(report, wide=wide)
    parts += compared.parts(report)
    parts += effects.parts(report.coverage)
    parts += proofs.table(report.verdicts, wide=wide)
    parts += proofs.rejected(report.verdicts)
    parts += consulted.parts(report.consulted)
    parts += _left_out(report)
    parts += _summary(report)
    return parts


def _head(report: Report) -> RenderableType:
    project = report.project
    title = Text.assemble(
        plain(f"{report.tool.name} {report.tool.version}", "bold"),
        " · ",
        plain(project.app or ("no app found" if report.contract is None else "two documents")),
    )
    facts = [count(project.routes, "route"), count(project.files, "file"), count(project.lines, "line")]
    labels = max([len(name) for name in project.found] + [0])
    return Group(
        title,
        *([Text(" · ".join(facts), style="dim")] if project.files else []),
        entries(project.found.items(), indent=0, label_width=min(labels, 14)),
    )


# --- findings --------------------------------------------------------------------------------------------------------


def _problem(name: str, domain: str, findings: list[Finding]) -> list[RenderableType]:
    title = Text.assemble(
        Text(),
        plain(name, "bold underline"),
        plain(f"  {domain} · {count(len(findings), 'finding')}", "dim"),
    )
    parts: list[RenderableType] = [Text(), title]
    options = _once(finding.fix.options for finding in findings)
    for finding, told in zip(findings, options, strict=True):
        parts += [*_finding(finding), *_options(told)]
    return parts


def _finding(finding: Finding) -> list[RenderableType]:
    message = Text.assemble(
        Text(f"{finding.severity:<7}", style=SEVERITY[finding.severity]), plain(finding.message, "bold")
    )
    rows: list[tuple[str, Text | str]] = [
        ("at", _at(finding.location)),
        ("route", concerned(finding)),
        ("path", " → ".join(step(each) for each in finding.call_path)),
    ]
    seen = [evidence for evidence in finding.evidence if isinstance(evidence, TraceEvidence)]
    folded = {id(evidence) for evidence in seen[MEASURED:]} if len(seen) > MEASURED + 1 else set()
    for evidence in finding.evidence:
        if id(evidence) in folded:
            continue
        measured = isinstance(evidence, TraceEvidence)
        rows.append(("measured" if measured else "read", evidence.text))
        if isinstance(evidence, TraceEvidence):
            rows.append(("", figures(evidence.figures)))
            rows.append(("", plain(shorten(evidence.statement, STATEMENT_LENGTH), "dim")))
        rows.append(("", _places(evidence.locations)))
    if folded:
        rows.append(("", f"and on {len(folded)} more routes, in --format json"))
    if finding.impact is not None:
        rows.append(("impact", finding.impact.text))
        rows.append(("", expected(finding)))
    rows.append(("also at", _places(finding.places)))
    rows.append(("fix", FIX[finding.fix.fix_class]))
    rows.append(("id", plain(f"{finding.id} · {finding.confidence}", "dim")))
    return [Text(), message, entries(rows)]


def _once(options: Iterable[tuple[Option, ...]]) -> list[tuple[Option, ...]]:
    """What there is to decide between is the same for most findings of a problem: it is told below the last of these."""
    given = list(options)
    return [own if own != following else () for own, following in zip(given, [*given[1:], ()], strict=False)]


def _options(
    options: Iterable[Option], *, whole: bool = False, known: Container[tuple[str, str, str]] = ()
) -> Iterator[RenderableType]:
    """What a person decides between; on the whole with what each brings and costs, and what pitstop would change for it.

    Of those whose words are `known`, only what would be changed is told.
    """
    for option in options:
        said = [("option", f"{option.name}: {option.text}")]
        if _words(option) in known:
            if not option.diff:
                continue
            said = [("option", f"{option.name}: as above")]
        elif whole:
            about = {
                "effect": option.effect,
                "complexity": option.complexity,
                "risk": option.risk,
                "compatibility": option.compatibility,
            }
            said += [("", f"{label}: {text}") for label, text in about.items() if text]
        yield entries(said)
        if option.diff:
            yield diff(option.diff, indent=4 + LABEL_WIDTH)


def _words(option: Option) -> tuple[str, str, str]:
    """By what an option is known as the one that was told before."""
    return option.name, option.text, option.effect


def _at(location: Location) -> Text:
    place = plain(f"{location.path}:{location.line}", "cyan")
    return Text.assemble(place, plain(f"  {location.symbol}", "dim")) if location.symbol else place


def _places(locations: tuple[Location, ...]) -> str:
    text = ", ".join(f"{place.path}:{place.line}" for place in locations[:PLACES])
    return text if len(locations) <= PLACES else f"{text} and {len(locations) - PLACES} more"


# --- patches, routes -------------------------------------------------------------------------------------------------


def _patches(report: Report) -> list[RenderableType]:
    parts: list[RenderableType] = [heading("Patches")] if report.patches else []
    for patch in report.patches:
        parts += [Text(), _patch_title(patch), diff(patch.diff)]
        by = (
            f"{patch.origin}, a language model: read it as you would a stranger's change"
            if patch.origin
            else ""
        )
        parts.append(
            entries(
                [
                    ("model", by),
                    ("test", _test(patch)),
                    ("risk", patch.risk),
                    ("validate", patch.validate),
                    ("undo", patch.rollback),
                ]
            )
        )
    return parts


def _test(patch: Patch) -> str:
    if patch.test is None:
        return f"none: {patch.no_test}" if patch.no_test else ""
    test = patch.test
    if test.metric == "blocked_ms":
        counted = f"{count(test.before, 'call')} that the event loop waits for"
    else:
        counted = count(test.before, test.metric.removesuffix("s"))
    return f"{test.name}: {counted} without the repair, where it fails, and {test.after} with it"


def _patch_title(patch: Patch) -> Text:
    return Text.assemble(plain(patch.title), Text("  "), plain(f"{patch.problem} · {patch.id}", "dim"))


# --- the end ---------------------------------------------------------------------------------------------------------


def _left_out(report: Report) -> list[RenderableType]:
    parts: list[RenderableType] = []
    findings = {finding.id: finding for finding in report.findings}
    parts += [heading("No patch")] if report.declined else []
    known: set[tuple[str, str, str]] = set()
    for declined in report.declined:
        finding = findings.get(declined.finding)
        place = f"{finding.location.path}:{finding.location.line}" if finding else declined.finding
        parts.append(indented(_because(declined.problem, place, declined.reason)))
        parts += _options(declined.options, whole=True, known=known)
        known |= {_words(option) for option in declined.options}
    parts += [heading("Not looked at")] if report.skipped else []
    for skipped in report.skipped:
        parts.append(indented(_because(skipped.stage, skipped.subject, skipped.reason)))
    return parts


def _because(what: str, where: str, why: str) -> Text:
    return Text.assemble(plain(f"{what} ", "dim"), plain(where, "cyan"), plain(f": {why}"))


def _summary(report: Report) -> list[RenderableType]:
    told = headline(report)
    return [Text(), plain(told, "bold")] if told else []
