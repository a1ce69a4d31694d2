"""How long the versions take to start, each in fresh processes in turns; and whether a patch can make a difference to that."""

from __future__ import annotations

import ast
import math
import random
from collections.abc import Callable, Mapping
from statistics import median

from pitstop.data import FileChange, Patch
from pitstop.errors import TargetError
from pitstop.proof.coverage import Exercise, is_prose
from pitstop.proof.speed import AFTER, BEFORE, CONTROL, SIDES, Timing, interval
from pitstop.workload.starting import StartUp

_TURNS = 4

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def may_start_otherwise(patch: Patch, exercise: Exercise) -> bool:
    """Whether anything differs of what runs as the service starts: not where only bodies of functions do that requests alone ran."""
    return exercise.outside or any(_imports_otherwise(each) for each in patch.changes)


def _imports_otherwise(change: FileChange) -> bool:
    if is_prose(change.path):
        return False
    if not change.path.endswith(".py") or change.before is None or change.after is None:
        return True
    try:
        return _imported(change.before) != _imported(change.after)
    except (SyntaxError, ValueError):
        return True


def _imported(text: str) -> str:
    """What runs when a file is imported: all of it but the bodies of its functions."""
    tree = ast.parse(text.removeprefix("\ufeff"))
    for node in ast.walk(tree):
        if isinstance(node, _Function):
            node.body = []
    return ast.dump(tree)


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
