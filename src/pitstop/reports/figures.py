"""Figures as people read them: `412 → 38 ms`, `10.8× faster`, `9.9-11.7×`."""

from __future__ import annotations

import math
from collections.abc import Iterable

from pitstop.verdicts import Change, Interval

TIMES = ("duration", "throughput", "p95", "cpu", "start_up")
"""The metrics that are times, as they are told: what a client waits for, also under load, then what the machine is spared. The others are counters."""

_BETTER_BELOW = 0.97
"""The proof takes less than this for no gain; see BETTER_BELOW in proof/judge.py."""

_WOBBLES = {"memory": 0.2, "blocked_ms": 0.5, "work": 0.5}
"""What is no count of things to the last one, and the share that it may be off by chance; the proof asks for as much."""


def differs(change: Change) -> bool:
    """Whether two figures are worth to be told apart."""
    less, more = sorted((change.before, change.after))
    return less != more and more - less >= _WOBBLES.get(change.metric, 0.0) * more


def time_of(changes: Iterable[Change]) -> Change | None:
    """The time to show of a route: the first that surely got better, and by more than the unchanged service differs from itself; else the first there is."""
    times = sorted(
        (change for change in changes if change.metric in TIMES), key=lambda each: TIMES.index(each.metric)
    )
    return next(filter(_is_faster, times), next(iter(times), None))


def _is_faster(change: Change) -> bool:
    if change.interval is None or change.interval.high >= _BETTER_BELOW:
        return False
    return change.control is None or change.interval.ratio < change.control.low


def number(value: float, digits: int = 3) -> str:
    """A figure with at most `digits` significant digits after a leading one; whole numbers in full."""
    if not math.isfinite(value):
        return "?"
    if value == int(value) or abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    text = f"{value:.{min(places, 6)}f}"
    return text.rstrip("0").rstrip(".") or "0"


def duration(ms: float) -> str:
    """`380 ms`, `12.5 s`, `3.2 h`: in the unit that leaves a few digits."""
    for unit, of in (("h", 3_600_000), ("min", 60_000), ("s", 1_000)):
        if abs(ms) >= of:
            return f"{number(ms / of)} {unit}"
    return f"{number(ms)} ms"


def pair(before: float, after: float, unit: str = "") -> str:
    """`412 → 38 ms`, with as many digits as it takes to show that two figures differ."""
    shown = next(
        (
            (left, right)
            for left, right in ((number(before, d), number(after, d)) for d in (3, 4, 5, 6))
            if left != right
        ),
        (number(before), number(after)),
    )
    return f"{shown[0]} → {shown[1]}" + (f" {unit}" if unit else "")


def speed(before: float, after: float, interval: Interval | None = None, unit: str = "ms") -> str:
    """`10.8× faster (412 → 38 ms)`; `slower`, or `no clear difference` where the interval holds both.

    The ratio is that of the interval, which was taken from pairs; without one it is that of the two figures. A
    difference too small for a factor is given in per cent.
    """
    figures = f"({pair(before, after, unit)})"
    if interval is not None and interval.low <= 1 <= interval.high:
        return f"no clear difference {figures}"
    ratio = interval.ratio if interval is not None else (after / before if before else math.nan)
    if not math.isfinite(ratio) or ratio <= 0:
        return pair(before, after, unit)
    if ratio == 1:
        return f"no difference {figures}"
    word = "faster" if ratio < 1 else "slower"
    size = max(ratio, 1 / ratio)
    if size < 1.05:
        return f"{number((size - 1) * 100, 2)} % {word} {figures}"
    return f"{factor(size)} {word} {figures}"


def factor(size: float) -> str:
    """`10.8×`: two digits after the point below 2, one below 100, none above."""
    if not math.isfinite(size):
        return "?×"
    places = 2 if size < 2 else 1 if size < 100 else 0
    return f"{size:,.{places}f}×"


def gain(interval: Interval | None) -> str:
    """The interval of a ratio, turned so that more is better: `9.9-11.7×`; empty without one."""
    if interval is None:
        return ""
    low, high = (1 / bound if bound > 0 else math.inf for bound in (interval.high, interval.low))
    # An interval of the unchanged app against itself is narrower than what `factor` shows.
    fine = max(low, high) < 2
    left = f"{low:.2f}" if fine else factor(low).rstrip("×")
    right = f"{high:.2f}×" if fine else factor(high)
    return right if left + "×" == right else f"{left}-{right}"


def counter(change: Change) -> str:
    """`51 → 2 statements`."""
    return pair(change.before, change.after, change.unit or change.metric)


def counted(figure: str, noun: str) -> str:
    """`1 request`, `2 requests`, `1 ms`: a figure with its noun, which is in the plural."""
    first, space, rest = noun.partition(" ")
    is_plural = first.endswith("s") and first not in _UNITS
    return f"{figure} {first[:-1]}{space}{rest}" if figure == "1" and is_plural else f"{figure} {noun}"


_UNITS = frozenset({"ms", "ns", "s", "µs"})


def count(amount: int, noun: str, plural: str = "") -> str:
    """`1 finding`, `2 findings`."""
    return f"{amount:,} {noun if amount == 1 else plural or noun + 's'}"
