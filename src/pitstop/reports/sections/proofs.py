"""The table that ends a `tune`: what each repair did to each route, and the repairs that were not kept."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from pitstop.reports.figures import TIMES, count, counter, differs, gain, pair, speed, time_of
from pitstop.reports.layout import entries, heading, indented, plain, shorten
from pitstop.reports.sections.contract import key_of
from pitstop.reports.words import outcome
from pitstop.verdicts import Change, Difference, Proved, RouteProof, Verdict

STYLE = {"proved": "green", "changed": "bold red", "not faster": "yellow", "unproven": "yellow"}
DIFFERENCES = 6
VALUE_LENGTH = 200


def table(verdicts: Iterable[Verdict], *, wide: bool) -> list[RenderableType]:
    """Each route of each verdict: before → after, interval, control, statements, equal answers, verdict."""
    judged = tuple(verdicts)
    if not judged:
        return []
    return [heading("Proof"), _wide(judged) if wide else _narrow(judged)]


_COMMANDS = 2
"""As many ways to see a difference again are told; JSON has one for each."""


def rejected(verdicts: Iterable[Verdict]) -> list[RenderableType]:
    """Why a repair was not kept, and what was not as before."""
    dropped = [verdict for verdict in verdicts if not isinstance(verdict, Proved)]
    # A change that was only asked about has no finding: nothing of it is kept or dropped.
    title = "Not kept" if any(verdict.finding for verdict in dropped) else "What speaks against it"
    parts: list[RenderableType] = [heading(title)] if dropped else []
    for verdict in dropped:
        parts += [
            Text(),
            Text.assemble(
                plain(verdict.title, "bold"), plain(f"  {verdict.problem} · {verdict.patch}", "dim")
            ),
        ]
        rows: list[tuple[str, Text | str]] = [(outcome(verdict), verdict.reason)]
        told = _grouped(verdict.differences)
        for difference, more in told[:DIFFERENCES]:
            seen = f"{shorten(difference.before, VALUE_LENGTH)} → {shorten(difference.after, VALUE_LENGTH)}"
            if difference.change is not None:
                seen = f"{difference.change.text} ({difference.change.severity}: {difference.change.rule})"
            elsewhere = f", and in {count(more, 'more place')}" if more else ""
            rows.append((difference.kind, f"{difference.where}: {seen}{elsewhere}"))
        if len(told) > DIFFERENCES:
            rows.append(("", f"… {len(told) - DIFFERENCES} more in --format json"))
        again = dict.fromkeys(each.again for each in verdict.differences if each.again)
        rows += [("again", plain(command, "cyan")) for command in list(again)[:_COMMANDS]]
        parts.append(entries(rows, label_width=10))
    return parts


def _grouped(differences: Iterable[Difference]) -> list[tuple[Difference, int]]:
    """Each difference, and in how many more places a change of contract shows that is told there."""
    found: dict[object, tuple[Difference, int]] = {}
    for number, each in enumerate(differences):
        key = key_of(each.change) if each.change is not None else number
        first, more = found.get(key, (each, -1))
        found[key] = first, more + 1
    return list(found.values())


def _wide(verdicts: tuple[Verdict, ...]) -> RenderableType:
    grid = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    for name, ratio in (("route", 5), ("before → after", 6), ("interval", 2), ("A/A", 2)):
        grid.add_column(name, ratio=ratio, overflow="fold")
    grid.add_column("statements", overflow="fold")
    grid.add_column("equal", overflow="fold")
    grid.add_column("verdict", no_wrap=True)
    for position, verdict in enumerate(verdicts):
        if position:
            grid.add_section()
        word = Text(outcome(verdict), style=STYLE[outcome(verdict)])
        grid.add_row(plain(verdict.title, "bold"), plain(_suite(verdict), "dim"), "", "", "", "", word)
        for route in _told(verdict):
            time = time_of(route.changes)
            grid.add_row(
                indented(plain(route.route)),
                plain("\n".join(filter(None, [_timed(time), _others(route)]))),
                gain(time.interval) if time else "",
                gain(time.control) if time else "",
                _statements(route),
                f"{route.equal}/{route.compared}",
                "",
            )
    return grid


def _narrow(verdicts: tuple[Verdict, ...]) -> RenderableType:
    grid = Table.grid(padding=0)
    grid.add_column(overflow="fold")
    for position, verdict in enumerate(verdicts):
        word = outcome(verdict)
        if position:
            grid.add_row("")
        grid.add_row(Text.assemble(Text(f"{word}  ", style=STYLE[word]), plain(verdict.title, "bold")))
        rows: list[tuple[str, Text | str]] = [("suite", _suite(verdict))]
        for route in _told(verdict):
            time = time_of(route.changes)
            statements = _statements(route)
            interval = gain(time.interval) if time else ""
            control = gain(time.control) if time else ""
            rows += [
                ("route", plain(route.route, "cyan")),
                ("", _timed(time)),
                ("", f"interval {interval}" + (f" · A/A {control}" if control else "") if interval else ""),
                ("", f"statements {statements}" if statements else ""),
                ("", _others(route)),
                ("", f"bytes equal {route.equal}/{route.compared}"),
            ]
        grid.add_row(entries(rows, label_width=6))
    return grid


def _told(verdict: Verdict) -> tuple[RouteProof, ...]:
    """The routes on which something differs or was timed; all others in one line, which only counts their answers."""
    told = [r for r in verdict.routes if r.equal < r.compared or any(map(_differs, r.changes))]
    others = [r for r in verdict.routes if r not in told]
    if others:
        compared, equal = sum(r.compared for r in others), sum(r.equal for r in others)
        name = f"{count(len(others), 'other route')}" if told else count(len(others), "route")
        told.append(RouteProof(route=name, compared=compared, equal=equal))
    return tuple(told)


def _differs(change: Change) -> bool:
    return change.interval is not None or change.before != change.after


def _suite(verdict: Verdict) -> str:
    run, lines = verdict.exercised
    parts = [verdict.tests, f"{run} of {count(lines, 'changed line')} run" if lines else ""]
    if verdict.start_up is not None:
        parts.append(f"start-up {pair(verdict.start_up.before, verdict.start_up.after, 'ms')}")
    return "\n".join([" · ".join(part for part in parts if part), *verdict.notes])


def _timed(change: Change | None) -> str:
    if change is None:
        return ""
    text = speed(change.before, change.after, change.interval, change.unit or "ms")
    return text if change.metric == "duration" else f"{_METRIC[change.metric]} {text}"


_METRIC = {"cpu": "CPU", "throughput": "under load", "p95": "p95 under load"}


def _statements(route: RouteProof) -> str:
    return next((pair(c.before, c.after) for c in route.changes if c.metric == "statements"), "")


def _others(route: RouteProof) -> str:
    """The counters that changed, but for the statements, which have a place of their own."""
    changed = [c for c in route.changes if c.metric not in TIMES and c.metric != "statements" and differs(c)]
    return ", ".join(_named(change) for change in changed)


def _named(change: Change) -> str:
    if change.metric == "blocked_ms":
        return f"loop blocked {pair(change.before, change.after, 'ms')}"
    return counter(change)
