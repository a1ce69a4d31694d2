"""What routes may do, as reading shows it: a line for each route, the way to what blocks it, and what could not be followed."""

from __future__ import annotations

from collections import Counter

from rich.console import RenderableType
from rich.text import Text

from pitstop.data import Coverage, Effect, Location, RouteEffects
from pitstop.reports.figures import count
from pitstop.reports.layout import entries, heading, indented, plain

WAYS = 3
"""How many ways of blocking the loop are shown of one route."""


def parts(coverage: Coverage | None) -> list[RenderableType]:
    """The section of the terminal report; nothing where it was not asked for."""
    if coverage is None:
        return []
    shown: list[RenderableType] = [heading("What each route may do")]
    for route in coverage.routes:
        shown += _route(route)
    shown.append(heading("What could be followed"))
    share = coverage.followed / coverage.calls if coverage.calls else 1.0
    told = f"{coverage.followed:,} of {count(coverage.calls, 'call')} ({share:.1%}) in what requests run"
    shown.append(indented(Text(told)))
    shown.append(
        entries((f"{each.count}×", _unresolved(each.code, each.location)) for each in coverage.unresolved)
    )
    return shown


def _route(route: RouteEffects) -> list[RenderableType]:
    kinds = Counter(effect.kind for effect in route.effects)
    does = ", ".join(kind if number == 1 else f"{kind} ×{number}" for kind, number in sorted(kinds.items()))
    followed = (
        f"{count(route.functions, 'function')}, {route.followed} of {count(route.calls, 'call')} followed"
    )
    title = Text.assemble(
        plain(route.route), plain(f"  {does or 'computes only'}", "bold" if does else "dim")
    )
    blocking = [effect for effect in route.effects if effect.blocks]
    rows = [("blocks", _way(effect)) for effect in blocking[:WAYS]]
    if len(blocking) > WAYS:
        rows.append(("", plain(f"and {len(blocking) - WAYS} more", "dim")))
    return [Text(), title, entries([("", plain(followed, "dim")), *rows])]


def _way(effect: Effect) -> Text:
    steps = [*effect.path, effect.location]
    return plain(f"{effect.name}: " + " → ".join(f"{step.path}:{step.line}" for step in steps))


def _unresolved(code: str, location: Location) -> Text:
    return Text.assemble(plain(code), plain(f"  {location.path}:{location.line}", "dim"))
