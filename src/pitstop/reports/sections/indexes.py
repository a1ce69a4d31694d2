"""Indexes that were tried on clones of the database, and those that nothing uses."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from pitstop.data import Report
from pitstop.reports.figures import count, duration, factor, number
from pitstop.reports.layout import entries, heading, indented, plain, shorten
from pitstop.trials import Advice, DuplicateIndex, IndexAdvice, StatementTrial, UnusedIndex

_STATEMENTS = 3
_NAMED = 8
_LONGEST = 160
_MB = 1 << 20


def parts(report: Report) -> list[RenderableType]:
    """What each suggestion gains and costs; then what could go. Nothing where nothing was tried."""
    advice = report.indexes
    if advice is None:
        return []
    told: list[RenderableType] = []
    if advice.suggested:
        told.append(heading("Indexes worth having; built on a clone and measured there"))
        for index in advice.suggested:
            told += [Text(), *_suggested(index)]
    told += _standing(advice)
    return told


def _suggested(index: IndexAdvice) -> list[RenderableType]:
    rows: list[tuple[str, Text | str]] = [
        ("helps", _helped(each, index)) for each in index.statements[:_STATEMENTS]
    ]
    if len(index.statements) > _STATEMENTS:
        rows.append(("", f"and {count(len(index.statements) - _STATEMENTS, 'statement')} more"))
    saves = f"{number(index.saved_ms)} ms in this run"
    if index.traffic_ms is not None:
        saves += f", {duration(index.traffic_ms)} by the access log"
    rows.append(("saves", saves))
    rows.append(("costs", _costs(index)))
    if index.together_with:
        rows.append(("with", ", ".join(index.together_with)))
    if index.replaces:
        rows.append(("replaces", ", ".join(index.replaces)))
    return [indented(plain(index.ddl, "bold")), entries(rows)]


def _helped(trial: StatementTrial, index: IndexAdvice) -> Text:
    routes = ", ".join(trial.routes[:2]) + (
        f" and {len(trial.routes) - 2} more" if len(trial.routes) > 2 else ""
    )
    ratio = factor(trial.before_ms / max(trial.after_ms, 1e-6))
    said = (
        f"{routes}: {number(trial.before_ms)} → {number(trial.after_ms)} ms ({ratio}), "
        f"{number(trial.before_work)} → {number(trial.after_work)} {index.work_unit}, sent {count(trial.count, 'time')}"
    )
    return Text.assemble(plain(said), Text("\n"), plain(shorten(trial.statement, _LONGEST), "dim"))


def _costs(index: IndexAdvice) -> str:
    said = f"{number(index.size_bytes / _MB)} MB, {number(index.build_ms)} ms to build"
    if index.insert_us_before is not None and index.insert_us_after is not None:
        said += f", {number(index.insert_us_before)} → {number(index.insert_us_after)} µs for each row put in"
    return said


def _standing(advice: Advice) -> list[RenderableType]:
    told: list[RenderableType] = []
    if advice.duplicates:
        told.append(heading("Indexes that another one does the work of"))
        told += [indented(plain(_double(each))) for each in advice.duplicates[:_NAMED]]
        told += _more(len(advice.duplicates))
    if advice.unused:
        told.append(heading("Indexes that no statement of this run uses; others may"))
        told += [indented(plain(_idle(each))) for each in advice.unused[:_NAMED]]
        told += _more(len(advice.unused))
    told += [
        Text(f"No index was tried: {each.reason}", style="dim") for each in advice.untried if not each.subject
    ]
    untried = sum(bool(each.subject) for each in advice.untried)
    if untried:
        told.append(Text(f"{count(untried, 'statement')} not tried, in --format json", style="dim"))
    return told


def _more(all_of_them: int) -> list[RenderableType]:
    left = all_of_them - _NAMED
    return [Text(f"… {left} more in --format json", style="dim")] if left > 0 else []


def _double(index: DuplicateIndex) -> str:
    of = index.of or "the table's own order"
    return f"{index.name} on {index.table} ({', '.join(index.columns)}), {number(index.size_bytes / _MB)} MB: {of}"


def _idle(index: UnusedIndex) -> str:
    return (
        f"{index.name} on {index.table} ({', '.join(index.columns)}), {number(index.size_bytes / _MB)} MB; "
        f"{count(index.statements, 'statement')} on the table"
    )
