"""How long the versions take to start, each in fresh processes in turns."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from statistics import median

from pitstop.errors import TargetError
from pitstop.proof.speed import AFTER, BEFORE, CONTROL, SIDES, Timing, interval
from pitstop.workload.starting import StartUp

_TURNS = 4


def compare_starts(start: Callable[[str], StartUp], seed: int) -> tuple[Timing | None, str]:
    """The start-up of three versions, each started `_TURNS` times, in an order that is drawn anew each time; and why there is none.

    `start` starts a side once; it raises TargetError. What it did the first time is not counted: then the code is compiled.
    """
    draw = random.Random(seed)
    taken: dict[str, list[int]] = {side: [] for side in SIDES}
    try:
        for turn in range(_TURNS + 1):
            for side in draw.sample(SIDES, len(SIDES)):
                wall = max(start(side).wall_ns, 1)
                if turn:
                    taken[side].append(wall)
    except TargetError as error:
        return None, f"start-up could not be timed: {error.message}"
    ratio = interval(_logs(taken, AFTER))
    control = interval(_logs(taken, CONTROL))
    if ratio is None or control is None:
        raise ValueError("an interval takes two turns at least")
    return Timing(
        route="",
        metric="start_up",
        before_ms=median(taken[BEFORE]) / 1e6,
        after_ms=median(taken[AFTER]) / 1e6,
        interval=ratio,
        control=control,
        launches=_TURNS,
    ), ""


def _logs(taken: Mapping[str, list[int]], side: str) -> list[float]:
    return [math.log(other / one) for one, other in zip(taken[BEFORE], taken[side], strict=True)]
