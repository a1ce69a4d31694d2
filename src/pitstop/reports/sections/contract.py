"""What changed between two OpenAPI documents, the worst first; what one model did to many routes is told once."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from pitstop.promises import ContractChange, ContractComparison, ContractSeverity
from pitstop.reports.figures import count
from pitstop.reports.layout import entries, heading, indented, plain

STYLE: dict[ContractSeverity, str] = {"breaking": "bold red", "warning": "yellow", "info": "cyan"}
_PLACES = 12
"""Of how many operations the places of one change are shown; one more is shown, not told."""
_DOCUMENTATION = "documentation-changed"


def parts(comparison: ContractComparison | None) -> list[RenderableType]:
    """Each change with its places; nothing where no documents were compared."""
    if comparison is None:
        return []
    found: list[RenderableType] = [heading(f"Contract: {comparison.before} → {comparison.after}")]
    grouped: dict[tuple[str, ...], list[ContractChange]] = {}
    words = 0
    for change in comparison.changes:
        if change.rule.endswith(_DOCUMENTATION):
            words += 1
        else:
            grouped.setdefault(key_of(change), []).append(change)
    before: ContractSeverity = "info"
    for changes in grouped.values():
        # the first of those that break nothing, which have a line each, is set off from what stands above
        found += [Text()] if changes[0].severity == "info" != before else []
        found += _change(changes)
        before = changes[0].severity
    if words:
        found += [Text(), Text(f"{count(words, 'place')} described in other words", style="dim")]
    return found


def key_of(change: ContractChange) -> tuple[str, ...]:
    """What is one change wherever it shows: of a model, or of all routes that have it at the same place."""
    where = change.model or f"{change.place} {change.text}"
    return (change.rule, where, change.before, change.after)


def _change(changes: list[ContractChange]) -> list[RenderableType]:
    first = changes[0]
    title = Text.assemble(
        Text(f"{first.severity:<9}", style=STYLE[first.severity]),
        plain(f"{first.operation}: " if first.operation else "", "cyan"),
        plain(first.text, "bold"),
    )
    others = changes[1:]
    if first.severity == "info":
        places = f" · and in {count(len(others), 'more place')}" if others else ""
        return [title, indented(plain(first.rule + places, "dim"), 9)]
    shown = others if len(others) <= _PLACES + 1 else others[:_PLACES]
    rows: list[tuple[str, Text | str]] = [("rule", first.rule), ("at", first.place), ("model", first.model)]
    for number, each in enumerate(shown):
        place = f", {each.place}" if each.place != first.place else ""
        rows.append(("also" if not number else " ", each.operation + place))
    if len(others) > len(shown):
        rows.append((" ", f"… {len(others) - len(shown)} more in --format json"))
    return [Text(), title, indented(entries(rows, label_width=5), 7)]
