"""How many changes of behaviour the proof lets pass, and how many equivalent rewrites it takes for changes.

    python bench/mutations.py [--service NAME ...] [--only NAME ...] [--results FILE] [--again] [--list]

`bench/mutants` holds five services with their tests. Beside each, its table `<service>.toml` has *changes*, after which a client, a
database, a store or another service sees something else, and *rewrites*, after which none of them does. Each is a patch that
aims at nothing, as `pitstop prove` makes it, and is judged by the same prover against one baseline a service, but for times, which
have no say in whether a change is seen.

A change is caught where the verdict is *changed* or *unproven*; a rewrite is right where it is not *changed*. What was judged is kept in
the results file, so that a run that was cut short goes on where it stood; where a mutant, a service or
the proof was edited, it is judged anew.

The services are what is tested here, each one module that can be read from top to bottom; so some are longer (up to 506 lines) than a module of pitstop may be.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import os
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

from pitstop.data import FileChange, Patch  # noqa: E402 - the tree's own
from pitstop.patching.changesets import Changeset  # noqa: E402 - the tree's own
from pitstop.patching.files import read_text  # noqa: E402 - the tree's own
from pitstop.proof.prover import Prover  # noqa: E402 - the tree's own
from pitstop.proving import patch_of  # noqa: E402 - the tree's own
from pitstop.target.discover import discover  # noqa: E402 - the tree's own
from pitstop.target.model import Target  # noqa: E402 - the tree's own
from pitstop.target.workspace import Workspace  # noqa: E402 - the tree's own
from pitstop.verdicts import Verdict  # noqa: E402 - the tree's own
from pitstop.workload.databases import servers_for  # noqa: E402 - the tree's own
from pitstop.workload.model import Tests  # noqa: E402 - the tree's own

MUTANTS = HERE / "mutants"
RESULTS = MUTANTS / "results.jsonl"
TESTS = ("tests",)
JUDGE = (HERE.parent / "src" / "pitstop" / "proof", HERE.parent / "src" / "pitstop_probe")
KINDS = (
    "value",
    "order",
    "status",
    "header",
    "cookie",
    "row",
    "call",
    "command",
    "task",
    "file",
    "log",
    "leak",
    "commit",
    "time zone",
    "float",
    "null",
    "paging",
    "error body",
    "permission",
    "stream",
    "message",
)
"""What a change may be of: `call` is a request to another service, `command` one to Redis, `leak` is state that one request leaves to
the next, `commit` when or whether something is written for good, `stream` the pieces of an answer, `message` those of a WebSocket."""
_SEEN = frozenset({"Changed", "Unproven"})

What = Literal["change", "rewrite"]


class Mutant(msgspec.Struct, frozen=True, kw_only=True):
    """One text of a service's file that stands in place of another. `note` says why it is what it is, where that is not plain."""

    service: str
    what: What
    name: str
    kind: str
    file: str
    before: str
    after: str
    note: str = ""

    def changed(self, text: str) -> str:
        """The file's text after it. Raises ValueError unless what it replaces occurs exactly once."""
        if text.count(self.before) != 1:
            raise ValueError(
                f"{self.service}, {self.name}: its text occurs {text.count(self.before)} times in {self.file}"
            )
        return text.replace(self.before, self.after)


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What the proof said of one mutant. `digest` names the mutant and the service it was judged in."""

    service: str
    what: What
    name: str
    kind: str
    verdict: str
    reason: str
    seconds: float
    digest: str

    @property
    def is_right(self) -> bool:
        return self.verdict in _SEEN if self.what == "change" else self.verdict != "Changed"


def services() -> list[str]:
    """The names of the services, which are those of their folders and tables."""
    return sorted(path.stem for path in MUTANTS.glob("*.toml"))


def mutants(service: str) -> list[Mutant]:
    """The table of a service. Raises msgspec.ValidationError where a row is not whole, and ValueError where a name is given twice."""
    table = tomllib.loads((MUTANTS / f"{service}.toml").read_text("utf-8"))
    found = [
        msgspec.convert(
            {**row, "service": service, "what": what, "file": file, "name": name}, Mutant, strict=True
        )
        for what in ("change", "rewrite")
        for file, rows in table[what].items()
        for name, row in rows.items()
    ]
    twice = [name for name, count in Counter(each.name for each in found).items() if count > 1]
    if twice:
        raise ValueError(f"{service}: names that are given twice: {', '.join(twice)}")
    return found


def patch(mutant: Mutant) -> Patch:
    """A mutant as the patch that `pitstop prove` makes of a change."""
    text = read_text(MUTANTS / mutant.service / mutant.file) or ""
    change = FileChange(path=mutant.file, before=text, after=mutant.changed(text))
    return patch_of(Changeset(title=mutant.name, changes=(change,)), TESTS)


def digest(mutant: Mutant) -> str:
    """A mutant, the service that it is judged in, and the judge."""
    found = hashlib.blake2b(msgspec.json.encode(mutant), digest_size=8)
    for folder in (MUTANTS / mutant.service, *JUDGE):
        found.update(_content(folder))
    return found.hexdigest()


@functools.cache
def _content(folder: Path) -> bytes:
    found = hashlib.blake2b()
    for path in sorted((*folder.rglob("*.py"), *folder.rglob("*.toml"))):
        found.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return found.digest()


def target_of(service: str) -> Target:
    """A service as something that can run, in this interpreter."""
    return discover(
        MUTANTS / service,
        app=None,
        python=Path(sys.executable),
        tests=list(TESTS),
        environment=_environment(),
    )


def _environment() -> Mapping[str, str]:
    # the suites need no plugins, and loading ours takes as long as all else of a small suite
    return {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def judged(service: str, wanted: Sequence[Mutant]) -> Iterator[tuple[Mutant, Verdict, float]]:
    """Each mutant of a service with its verdict and the seconds it took, one after the other."""
    target = target_of(service)
    with (
        Workspace(target.root) as workspace,
        Prover(
            target,
            Tests(),
            workspace,
            elsewhere=lambda run: servers_for(run, target, None, _environment(), print),
            allowed=("sqlite",),
            environment=_environment(),
        ) as prover,
    ):
        run = prover.baseline()
        failed = [each.id for each in run.tests if each.outcome not in {"passed", "skipped"}]
        if failed:
            raise SystemExit(f"{service}: its own tests fail: {', '.join(failed)}")
        print(f"{service}: {len(run.tests)} tests, {len(run.requests)} requests", flush=True)
        for mutant in wanted:
            began = time.monotonic()
            yield mutant, prover.prove(patch(mutant)), time.monotonic() - began


def known(results: Path) -> dict[str, Result]:
    """What was judged before, by digest."""
    if not results.is_file():
        return {}
    lines = results.read_bytes().splitlines()
    return {each.digest: each for each in (msgspec.json.decode(line, type=Result) for line in lines)}


def written(result: Result) -> bytes:
    """A result as its line of the results file."""
    return msgspec.json.encode(result) + b"\n"


def table(results: Iterable[Result]) -> Iterator[str]:
    """Kinds against verdicts, one line each, changes before rewrites."""
    verdicts = ("Changed", "Unproven", "Proved", "NotFaster")
    found = list(results)
    for what in ("change", "rewrite"):
        counts = Counter((each.kind, each.verdict) for each in found if each.what == what)
        yield f"{what:18}" + "".join(f"{verdict:>10}" for verdict in verdicts)
        for kind in sorted({kind for kind, _ in counts}):
            yield f"  {kind:16}" + "".join(f"{counts[kind, verdict] or '':>10}" for verdict in verdicts)
        sums = [sum(counts[key] for key in counts if key[1] == verdict) for verdict in verdicts]
        yield f"  {'all':16}" + "".join(f"{count:>10}" for count in sums)


def summary(results: Sequence[Result]) -> Iterator[str]:
    """The table, each mutant that was judged wrongly, and the two numbers."""
    yield from table(results)
    for each in results:
        if not each.is_right:
            yield f"wrong: {each.service} {each.name} ({each.what}, {each.kind}): {each.verdict}: {each.reason}"
    for what, says in (("change", "were caught"), ("rewrite", "were not called changed")):
        own = [each for each in results if each.what == what]
        right = sum(each.is_right for each in own)
        yield f"{right} of {len(own)} {what}s {says}"
    yield f"{sum(each.seconds for each in results) / 60:.0f} minutes"


def main() -> int:
    """Judge the mutants and print what came of it; 1 if any was judged wrongly."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--service", nargs="*", choices=services(), default=services())
    parser.add_argument("--only", nargs="*", default=[], help="mutants of these names")
    parser.add_argument(
        "--results", type=Path, default=RESULTS, help="what was judged (default: %(default)s)"
    )
    parser.add_argument("--again", action="store_true", help="judge what was judged before, too")
    parser.add_argument("--list", action="store_true", help="print the mutants and their verdicts so far")
    arguments = parser.parse_args()
    before = known(arguments.results)
    wanted = {
        service: [each for each in mutants(service) if not arguments.only or each.name in arguments.only]
        for service in arguments.service
    }
    if not arguments.list:
        with arguments.results.open("ab") as file:
            for service, own in wanted.items():
                todo = [each for each in own if arguments.again or digest(each) not in before]
                for mutant, verdict, seconds in judged(service, todo) if todo else ():
                    result = Result(
                        service=service,
                        what=mutant.what,
                        name=mutant.name,
                        kind=mutant.kind,
                        verdict=type(verdict).__name__,
                        reason=verdict.reason,
                        seconds=round(seconds, 1),
                        digest=digest(mutant),
                    )
                    before[result.digest] = result
                    file.write(written(result))
                    file.flush()
                    mark = " " if result.is_right else "!"
                    print(
                        f"{mark} {seconds:5.1f} s  {result.verdict:10} {mutant.what:8} {mutant.name}: {result.reason}",
                        flush=True,
                    )
    digests = {digest(mutant): mutant for own in wanted.values() for mutant in own}
    results = [before[each] for each in digests if each in before]
    if arguments.list:
        for key, mutant in digests.items():
            verdict_now = before[key].verdict if key in before else ""
            print(f"{verdict_now:10} {mutant.service:10} {mutant.what:8} {mutant.kind:12} {mutant.name}")
    print(*summary(results), sep="\n")
    return int(not all(each.is_right for each in results))


if __name__ == "__main__":
    raise SystemExit(main())
