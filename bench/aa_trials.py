"""How often a patch that does nothing is called anything but not faster: trials of the whole proof on a real service.

    python bench/aa_trials.py [SERVICE] [--trials 20] [--launches 4] [--tests TESTS...]

Each trial adds one comment to the app's file and proves it against the same baseline, aiming at every figure there is.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import get_args

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

from pitstop.data import FileChange, Finding, Location, Patch  # noqa: E402 - the tree's own
from pitstop.patching.edits import make_patch  # noqa: E402 - the tree's own
from pitstop.patching.files import read_text  # noqa: E402 - the tree's own
from pitstop.proof.prover import Prover  # noqa: E402 - the tree's own
from pitstop.target.discover import discover  # noqa: E402 - the tree's own
from pitstop.target.workspace import Workspace  # noqa: E402 - the tree's own
from pitstop.traces.records import Run  # noqa: E402 - the tree's own
from pitstop.verdicts import Interval, Metric, NotFaster  # noqa: E402 - the tree's own
from pitstop.workload.model import Tests  # noqa: E402 - the tree's own

ROUTES = 2


def nothing(path: str, text: str, routes: tuple[str, ...], number: int) -> Patch:
    """A patch that adds a comment at the end of a file."""
    finding = Finding(
        id=f"trial{number}",
        problem="nothing",
        domain="architecture",
        severity="low",
        confidence="possible",
        message="",
        location=Location(path=path, line=1),
    )
    ending = "" if text.endswith("\n") else "\n"
    change = FileChange(path=path, before=text, after=f"{text}{ending}# trial {number}\n")
    return make_patch(finding, "nothing at all", [change], get_args(Metric), routes=routes)


def costliest(run: Run) -> tuple[str, ...]:
    """The routes whose requests take longest, of those that can be repeated."""
    cost: dict[str, int] = {}
    for each in run.exchanges:
        if each.method == "GET" and each.status == 200 and not each.changes:
            cost[each.endpoint] = max(cost.get(each.endpoint, 0), each.duration_ns)
    return tuple(sorted(cost, key=lambda route: -cost[route])[:ROUTES])


def shown(interval: Interval | None) -> str:
    """An interval in per cent of no change."""
    return f"{interval.ratio:.3f} [{interval.low:.3f}, {interval.high:.3f}]" if interval else ""


def main() -> int:
    """Run the trials and print each; 1 if any verdict was false."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("service", nargs="?", type=Path, default=HERE.parent / "examples" / "shop")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--launches", type=int, default=4)
    parser.add_argument("--tests", nargs="*")
    arguments = parser.parse_args()
    target = discover(
        arguments.service,
        app=None,
        python=Path(sys.executable),
        tests=arguments.tests,
        environment=os.environ,
    )
    path = target.app.file if target.app else ""
    text = read_text(target.root / path) or ""
    verdicts: Counter[str] = Counter()
    with (
        Workspace(target.root) as workspace,
        Prover(target, Tests(), workspace, launches=arguments.launches, allowed=("sqlite",)) as prover,
    ):
        routes = costliest(prover.baseline())
        print(f"{target.root}: {', '.join(routes)}")
        for number in range(1, arguments.trials + 1):
            began = time.monotonic()
            verdict = prover.prove(nothing(path, text, routes, number))
            verdicts[type(verdict).__name__] += 1
            print(
                f"{number:3} {type(verdict).__name__:10} {time.monotonic() - began:5.1f} s  {verdict.reason}"
            )
            for route in verdict.routes:
                for change in route.changes:
                    if change.interval:
                        print(
                            f"      {route.route:30} {change.metric:10} {shown(change.interval)} "
                            f"control {shown(change.control)}"
                        )
    print(", ".join(f"{count} {name}" for name, count in verdicts.items()))
    return int(set(verdicts) != {NotFaster.__name__})


if __name__ == "__main__":
    raise SystemExit(main())
