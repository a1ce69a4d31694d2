"""How often a patch that does nothing is called anything but *not faster*, and how often a true 5 % is seen.

    python bench/aa_trials.py [SERVICE] [--nothing 100] [--faster 100] [--launches 4] [--tests TESTS...] [--results FILE] [--again]

Each trial is the whole proof of one patch, all against the same baseline. A patch that does nothing adds a constant that nobody reads, of a length of
its own, so that no two trials have all in the same places of memory, and aims at every figure there is. One that makes a route faster takes a share of
its work away, so large that the route takes 5 % less, and aims at its times only; half of these are for the route of `bench/aa_service`
that computes, half for the one that has its database scan rows. How much work that is, is measured first, by proofs that take half of it away.

A trial of the first kind is false where the verdict is not *not faster*; one of the second has found the gain where it is *proved*. With SERVICE (such as
`examples/shop`) only patches that do nothing are tried, on the two costliest of its routes that can be repeated. What was tried is kept in the
results file, so that a run that was cut short goes on where it stood; where the service or the proof was edited, it is tried anew.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

import msgspec

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

from pitstop.data import FileChange, Finding, Location, Patch  # noqa: E402 - the tree's own
from pitstop.patching.edits import make_patch  # noqa: E402 - the tree's own
from pitstop.patching.files import read_text  # noqa: E402 - the tree's own
from pitstop.proof.prover import Prover  # noqa: E402 - the tree's own
from pitstop.target.discover import discover  # noqa: E402 - the tree's own
from pitstop.target.model import Target  # noqa: E402 - the tree's own
from pitstop.target.workspace import Workspace  # noqa: E402 - the tree's own
from pitstop.traces.records import Run  # noqa: E402 - the tree's own
from pitstop.verdicts import Interval, Metric, Verdict  # noqa: E402 - the tree's own
from pitstop.workload.model import Tests  # noqa: E402 - the tree's own

OWN = HERE / "aa_service"
RESULTS = HERE / "aa_results.jsonl"
JUDGE = (HERE.parent / "src" / "pitstop" / "proof", HERE.parent / "src" / "pitstop_probe")
GAIN = 0.05
ROUTES = 2

Kind = Literal["nothing", "computed", "scanned"]


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What a route of our own service does: the text of its file that says how much, and how much that is."""

    route: str
    text: str
    units: int

    def less(self, source: str, units: int) -> str:
        """The file with so many units fewer. Raises ValueError unless the text stands in it once."""
        before = self.text.format(self._number(self.units))
        if source.count(before) != 1:
            raise ValueError(f"{before!r} occurs {source.count(before)} times")
        return source.replace(before, self.text.format(self._number(self.units - units)))

    @staticmethod
    def _number(value: int) -> str:
        return f"{value:_}"


WORK: dict[Kind, Work] = {
    "computed": Work(route="GET /computed", text="range({}):", units=400),
    "scanned": Work(route="GET /scanned", text="Reading.id <= {}", units=60_000),
}


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One time of one route: after/before, and the unchanged service against itself."""

    route: str
    metric: Metric
    interval: Interval
    control: Interval


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one trial. `units` is how much work was taken away; `number` 0 is a trial that found out how much makes the gain."""

    kind: Kind
    number: int
    units: int
    verdict: str
    reason: str
    seconds: float
    digest: str
    figures: tuple[Figure, ...]

    @property
    def is_right(self) -> bool:
        return self.verdict == ("NotFaster" if self.kind == "nothing" else "Proved")


class Bench:
    """A service's prover, and the patches that are tried with it."""

    def __init__(self, target: Target, prover: Prover, digest: str) -> None:
        self._prover = prover
        self._digest = digest
        self._path = target.app.file if target.app else ""
        self._text = read_text(target.root / self._path) or ""
        self._routes = costliest(prover.baseline())
        print(f"{target.root}: {', '.join(self._routes)}", flush=True)

    def tried(self, kind: Kind, number: int, units: int = 0) -> Result:
        """Judge one patch."""
        began = time.monotonic()
        verdict = self._prover.prove(self._patch(kind, number, units))
        return Result(
            kind=kind,
            number=number,
            units=units,
            verdict=type(verdict).__name__,
            reason=verdict.reason,
            seconds=round(time.monotonic() - began, 1),
            digest=self._digest,
            figures=tuple(figures(verdict)),
        )

    def _patch(self, kind: Kind, number: int, units: int) -> Patch:
        if kind == "nothing":
            ending = "" if self._text.endswith("\n") else "\n"
            length = random.Random(number).randrange(1, 4000)
            after = f'{self._text}{ending}\n\n_TRIAL_{number} = "{"x" * length}"\n'
            routes, aims = self._routes, get_args(Metric)
        else:
            after = WORK[kind].less(self._text, units)
            routes, aims = (WORK[kind].route,), ("cpu", "duration")
        finding = Finding(
            id=f"{kind}{number}",
            problem="trial",
            domain="architecture",
            severity="low",
            confidence="possible",
            message="",
            location=Location(path=self._path, line=1),
        )
        change = FileChange(path=self._path, before=self._text, after=after)
        return make_patch(finding, f"{kind} {number}", [change], aims, routes=routes)


def costliest(run: Run) -> tuple[str, ...]:
    """The routes whose requests take longest, of those that can be repeated."""
    cost: dict[str, int] = {}
    for each in run.exchanges:
        if each.method == "GET" and each.status == 200 and not each.changes:
            cost[each.endpoint] = max(cost.get(each.endpoint, 0), each.duration_ns)
    return tuple(sorted(cost, key=lambda route: -cost[route])[:ROUTES])


def figures(verdict: Verdict) -> Iterator[Figure]:
    """The times that a verdict has."""
    for route in verdict.routes:
        for change in route.changes:
            if change.interval and change.control:
                yield Figure(
                    route=route.route, metric=change.metric, interval=change.interval, control=change.control
                )


def share(result: Result) -> float:
    """How much less CPU its route took after a trial, 0 for none. Raises ValueError where that was not measured."""
    route = WORK[result.kind].route
    for each in result.figures:
        if (each.route, each.metric) == (route, "cpu"):
            return 1 - each.interval.ratio
    raise ValueError(f"{route} was not timed: {result.reason}")


def units_for(half: Result) -> int:
    """How many units make the gain, by a trial that took half of them away."""
    return round(half.units * GAIN / share(half))


def order(nothing: int, faster: int) -> Iterator[tuple[Kind, int]]:
    """All trials, the kinds in turns, so that a run that is cut short has some of each."""
    kinds: tuple[Kind, ...] = ("computed", "scanned")
    for number in range(1, max(nothing, faster) + 1):
        if number <= nothing:
            yield "nothing", number
        if number <= faster:
            yield kinds[number % 2], number


def digest(service: Path, launches: int) -> str:
    """A service, and the judge."""
    found = hashlib.blake2b(str(launches).encode(), digest_size=8)
    for folder in (service, *JUDGE):
        for path in sorted((*folder.rglob("*.py"), *folder.rglob("*.toml"))):
            found.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def known(results: Path, key: str) -> dict[tuple[Kind, int], Result]:
    """What was tried before."""
    lines = results.read_bytes().splitlines() if results.is_file() else []
    found = [msgspec.json.decode(line, type=Result) for line in lines]
    return {(each.kind, each.number): each for each in found if each.digest == key}


def told(result: Result) -> Iterator[str]:
    """A trial and its times, in per cent of no change."""

    def shown(interval: Interval) -> str:
        return f"{interval.ratio:.3f} [{interval.low:.3f}, {interval.high:.3f}]"

    mark = " " if result.is_right else "!"
    yield f"{mark} {result.kind:8} {result.number:3} {result.verdict:10} {result.seconds:5.1f} s  {result.reason}"
    for each in result.figures:
        yield f"      {each.route:30} {each.metric:10} {shown(each.interval)} control {shown(each.control)}"


def summary(results: Iterable[Result]) -> Iterator[str]:
    """The numbers."""
    found = [each for each in results if each.number]
    nothing = [each for each in found if each.kind == "nothing"]
    yield f"{sum(not each.is_right for each in nothing)} false verdicts in {len(nothing)} trials of nothing"
    faster = [each for each in found if each.kind != "nothing"]
    for kind in WORK:
        own = [each for each in faster if each.kind == kind]
        yield f"{sum(each.is_right for each in own)} of {len(own)} times a true {GAIN:.0%} of {WORK[kind].route} was found"
    yield f"{sum(each.is_right for each in faster)} of {len(faster)} in all"
    yield f"{sum(each.seconds for each in found) / 60:.0f} minutes"


def environment(service: Path) -> Mapping[str, str]:
    """What the service runs in: ours needs no plugins, and loading them takes as long as all else of its suite."""
    return {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} if service == OWN else os.environ


def right(nothing: Sequence[Result], faster: Sequence[Result]) -> bool:
    """Whether at most 2 of 100 verdicts on nothing are false, and 9 of 10 gains are found."""
    false = sum(not each.is_right for each in nothing)
    return 100 * false <= 2 * max(len(nothing), 100) and 10 * sum(
        each.is_right for each in faster
    ) >= 9 * len(faster)


def main() -> int:
    """Run the trials and print each; 1 if too many verdicts were false, or too few gains found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("service", nargs="?", type=Path, default=OWN)
    parser.add_argument("--nothing", type=int, default=100, help="trials of patches that do nothing")
    parser.add_argument("--faster", type=int, default=100, help="trials of patches that make a route faster")
    parser.add_argument("--launches", type=int, default=4)
    parser.add_argument("--tests", nargs="*")
    parser.add_argument("--results", type=Path, default=RESULTS, help="what was tried (default: %(default)s)")
    parser.add_argument("--again", action="store_true", help="try what was tried before, too")
    arguments = parser.parse_args()
    service = arguments.service.resolve()
    key = digest(service, arguments.launches)
    before = {} if arguments.again else known(arguments.results, key)
    wanted = list(order(arguments.nothing, arguments.faster if service == OWN else 0))
    todo = [each for each in wanted if each not in before]
    if todo:
        target = discover(
            service,
            app=None,
            python=Path(sys.executable),
            tests=arguments.tests,
            environment=environment(service),
        )
        with (
            Workspace(target.root) as workspace,
            Prover(
                target,
                Tests(),
                workspace,
                launches=arguments.launches,
                allowed=("sqlite",),
                environment=environment(service),
            ) as prover,
            arguments.results.open("ab") as file,
        ):
            bench = Bench(target, prover, key)

            def keep(result: Result) -> Result:
                before[result.kind, result.number] = result
                file.write(msgspec.json.encode(result) + b"\n")
                file.flush()
                print(*told(result), sep="\n", flush=True)
                return result

            for kind, number in todo:
                if kind == "nothing":
                    keep(bench.tried(kind, number))
                    continue
                half = before.get((kind, 0)) or keep(bench.tried(kind, 0, WORK[kind].units // 2))
                keep(bench.tried(kind, number, units_for(half)))
    results = [before[each] for each in wanted]
    print(*summary(results), sep="\n")
    return int(
        not right(
            [each for each in results if each.kind == "nothing"],
            [each for each in results if each.kind != "nothing"],
        )
    )


if __name__ == "__main__":
    raise SystemExit(main())
