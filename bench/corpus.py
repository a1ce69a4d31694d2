"""What `pitstop inspect` finds of defects that real services had, and what it says of places that only look like one.

    python bench/corpus.py CORPUS --repositories FOLDER [--rows D001 T015 ...] [--workers 2] [--list] [--fixes]

CORPUS holds `defects.tsv` and `traps.tsv`: a repository, a commit, a file, its lines, and a class. REPOSITORIES holds a git
repository of each, bare or not, as `owner+name`. Each commit is read whole, as `pitstop inspect` would read it.

A hit is a finding of the row's class within five lines of the row's, on the line of the function around them, or in the class
whose head is all that the row names of a foreign key. A trap is reported where a finding of its class, *certain* or *likely*, is as
near; one that is merely *possible* is counted apart. Rows that reading alone cannot see (`visible` other than static or both) are
left out of the recall and printed with it.

With `--fixes` it says what becomes of the findings: whether the repair that pitstop proposes does what the people of the repository did.
That is for a person to judge who reads both, so what was judged stands in `corpus_fixes.toml`, for just the lines that were read then: a
repair that changes other lines by now, or is declined for another reason, is told as not read yet.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import re
import subprocess
import tarfile
import tempfile
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pitstop.data import Finding
from pitstop.errors import PatchError
from pitstop.problems import diagnosis, discover
from pitstop.project import Project, read

NEAR = 5
JUDGED = Path(__file__).with_name("corpus_fixes.toml")
KINDS = ("same", "other", "part", "declined", "wrong", "unread", "no fix", "missed")
"""What becomes of a row: the remedy of its people, another one for the same, a part of it; what was declined; what mends something else; what nobody
has read yet; a problem that pitstop only tells of; a defect that it does not find."""
_READ = ("*.py", "*.toml", "*.txt", "*.lock", "*Dockerfile*", "*compose*.y*ml", "*Procfile*", "*.sh")
"""What a reading looks at: code, versions, and how the service is started."""
_BLOCKING = (
    "blocking-call-in-async",
    "blocking-call-transitive",
    "cpu-work-in-async",
    "sync-session-in-async",
    "callback-runs-sync-in-stream",
    "blocking-middleware",
)
_LOADING = (
    "export-loads-everything",
    "unbounded-query",
    "over-eager-loading",
    "file-read-whole",
    "overfetched-columns",
)
CLASSES: dict[str, tuple[str, ...]] = {
    "auth-per-request-cost": ("over-eager-loading", "user-loaded-twice", "keys-fetched-per-request"),
    "background-task-misuse": ("background-task-blocks",),
    "blocking-call-in-async": _BLOCKING,
    "blocking-call-transitive": _BLOCKING,
    "engine-or-pool-misconfig": ("engine-per-request", "pool-misfit", "session-leak"),
    "in-process-state": ("request-state-in-global", "unbounded-cache", "session-in-process"),
    "memory-load-all": (*_LOADING, "row-by-row-write", "upload-read-whole", "download-built-in-memory"),
    "missing-cache": ("keys-fetched-per-request", "repeated-rare-change-query", "settings-built-per-request"),
    "missing-index": ("missing-index", "index-only-in-migration"),
    "missing-timeout": ("missing-timeout", "llm-no-bounds"),
    "n-plus-one-lazy-relationship": ("n-plus-one-lazy-relationship",),
    "n-plus-one-loop": ("n-plus-one-loop", "permission-per-object"),
    "python-side-filter-sort": ("python-side-filtering", "aggregate-in-python", "count-by-loading"),
    "redundant-work-per-request": (
        "duplicate-query", "user-loaded-twice", "needless-refresh", "class-built-per-request",
        "client-per-request", "settings-built-per-request", "count-per-page",
    ),
    "row-by-row-write": ("row-by-row-write", "commit-in-loop"),
    "sequential-awaits": ("sequential-awaits",),
    "serialization-overhead": (
        "double-validation", "class-built-per-request", "over-eager-loading", "n-plus-one-lazy-relationship",
        "yaml-parsed-in-python", "smart-union-where-discriminated", "oversized-payload",
    ),
    "sync-route-misuse": (*_BLOCKING, "sync-route-without-blocking-work"),
    "unbounded-query": ("unbounded-query", "export-loads-everything"),
    # the class "other" is told apart by the row's `sub` or `kind`
    "asyncio-run-in-worker": ("loop-inside-loop",),
    "cartesian-joinedload": ("cartesian-eager-load",),
    "correlated-subquery": ("correlated-subquery-per-row",),
    "joinedload-collection": ("cartesian-eager-load", "joined-collection-without-unique"),
    "missing-compression": ("no-compression",),
    "small-gather": ("unbounded-gather",),
    "transaction-held-during-io": ("transaction-over-io",),
    "unbounded-gather": ("unbounded-gather",),
}  # fmt: skip
"""The problems that say what a class of the corpus means."""


@dataclass(frozen=True)
class Row:
    """One line of the corpus."""

    id: str
    repository: str
    commit: str
    path: str
    lines: tuple[int, ...]
    category: str
    sub: str
    visible: str
    """Empty for a trap."""
    text: str

    @property
    def problems(self) -> tuple[str, ...]:
        """What may be said of it."""
        return CLASSES.get(self.sub if self.category == "other" else self.category, ())


def rows(corpus: Path) -> Iterator[Row]:
    """All rows of both tables."""
    for name, commit, category, sub, text in (
        ("defects", "defective_commit", "category", "sub", "description"),
        ("traps", "commit", "looks_like", "kind", "why_it_is_fine"),
    ):
        with (corpus / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                yield Row(
                    row["id"], row["repo"], row[commit], row["path"], tuple(_lines(row["lines"])),
                    row[category], row[sub], row.get("visible", ""), row[text],
                )  # fmt: skip


def _lines(text: str) -> Iterator[int]:
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if first.isdigit():
            yield from range(int(first), int(last or first) + 1)


def nearest(row: Row, project: Project, findings: Iterable[Finding]) -> list[Finding]:
    """The findings of the row's class that stand where the row does."""
    wanted = set(row.lines)
    for line in row.lines:
        for info in project.index.classes.values():
            first, _, last, _ = info.node.span
            if row.sub == "fk" and info.module.path == row.path and line == first:
                wanted.update(range(first, last + 1))
        function = project.function_at(row.path, line)
        if function is not None:
            wanted.add(function.node.span[0])
            wanted.add(min((d.span[0] for d in function.node.decorators), default=function.node.span[0]))
    around = {line + offset for line in row.lines for offset in range(-NEAR, NEAR + 1)} | wanted
    return [
        finding
        for finding in findings
        if finding.problem in row.problems
        and any(
            place.path == row.path and (place.line in around or not row.lines)
            for place in (finding.location, *finding.places)
        )
    ]


@dataclass(frozen=True)
class Outcome:
    """What came of a row: `hit`, `possible`, `miss` or what is not there, what was found, and what repairs make of it."""

    row: Row
    told: str
    shown: str = ""
    made: str = ""
    """Lines that repairs take out of the row's file and put into it, or why there is none; empty where the problem has no repair."""


def made_of(row: Row, finding: Finding, project: Project) -> str:
    """What the repair of a finding, or each of its options, makes of the row's file."""
    problem = discover()[finding.problem]
    told = []
    for fix in filter(None, (problem.fix, *(choice.fix for choice in problem.choices))):
        try:
            patch = fix(finding, project)
        except PatchError as error:
            told.append(f"declined: {error.message}")
            continue
        for part in re.split(r"(?m)^(?=diff --git )", patch.diff):
            if part.startswith(f"diff --git a/{row.path} "):
                told += [line for line in part.splitlines() if re.match(r"[-+](?!-- |\+\+ )", line)]
    return "\n".join(told)


def score(item: tuple[Path, tuple[Row, ...], bool]) -> list[Outcome]:
    """What came of each row of one commit; with its repairs, if those are asked for."""
    repository, asked, fixes = item
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        # A mirror may lack large files, among them locks: then the code alone has to do.
        for kinds in (_READ, _READ[:1]):
            done = subprocess.run(
                ["git", "--git-dir", str(repository), "archive", asked[0].commit, "--", *kinds],
                capture_output=True,
                check=False,
            )
            if not done.returncode:
                break
        else:
            return [Outcome(row, "no commit") for row in asked]
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(tree, filter="data")
        project = read(tree)
        wanted = {name for row in asked for name in row.problems}
        findings, skipped = diagnosis.read(project, diagnosis.chosen(wanted) if wanted else ())
        failed = [each for each in skipped if each.stage == "inspect"]
        assert not failed, failed
        result = []
        for row in asked:
            found = nearest(row, project, findings)
            sure = [each for each in found if each.confidence != "possible"]
            best = next(iter(sure or found), None)
            outcome = "hit" if sure else "possible" if found else "miss"
            shown = f"{best.problem} {best.location.path}:{best.location.line}" if best else ""
            made = "\n".join(filter(None, (made_of(row, each, project) for each in found))) if fixes else ""
            result.append(Outcome(row, outcome, shown, made))
        return result


def git_directory(folder: Path, repository: str) -> Path | None:
    """The git directory of a repository under the folder of all."""
    home = folder / repository.replace("/", "+")
    return next((p for p in (home / "repo", home / ".git", home) if (p / "HEAD").is_file()), None)


def main() -> int:
    """Score all rows and print the recall by class, then the traps; 1 where either misses its target."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--repositories", type=Path, required=True)
    parser.add_argument("--rows", nargs="*", default=())
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="print every row with what was found")
    parser.add_argument("--fixes", action="store_true", help="say what repairs make of what was found")
    arguments = parser.parse_args()
    commits: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows(arguments.corpus):
        if (not arguments.rows or row.id in arguments.rows) and not (arguments.fixes and not row.visible):
            commits[row.repository, row.commit].append(row)
    items = []
    outcomes: list[Outcome] = []
    for (repository, _), asked in commits.items():
        home = git_directory(arguments.repositories, repository)
        if home is None:
            outcomes += [Outcome(row, "no repository") for row in asked]
        else:
            items.append((home, tuple(asked), arguments.fixes))
    with ProcessPoolExecutor(arguments.workers) as pool:
        for part in pool.map(score, items):
            outcomes += part
    outcomes.sort(key=lambda outcome: outcome.row.id)
    absent = [outcome.row.id for outcome in outcomes if outcome.told.startswith("no ")]
    if absent:
        print(f"not to be had: {' '.join(absent)}")
    there = [outcome for outcome in outcomes if outcome.row.id not in absent]
    if arguments.fixes:
        return report_fixes(there, list_all=arguments.list)
    if arguments.list:
        for each in there:
            print(
                f"{each.row.id} {each.told:<9} {each.row.visible or 'trap':<8} {each.row.category:<28} "
                f"{each.row.repository} {each.row.path} {each.shown}"
            )
        print()
    return report(there)


def report(outcomes: list[Outcome]) -> int:
    """Print the tables; 1 where the recall or the traps miss their target."""
    visible = [each for each in outcomes if each.row.visible in {"static", "both"}]
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for each in visible:
        for name in (each.row.category, "all"):
            counts[name][0] += 1
            counts[name][1] += each.told == "hit"
            counts[name][2] += each.told == "possible"
    print(f"{'class':<32}{'rows':>5}{'hit':>5}{'possible':>10}{'recall':>8}")
    for name in sorted(counts, key=lambda name: (name == "all", name)):
        total, hit, possible = counts[name]
        print(f"{name:<32}{total:>5}{hit:>5}{possible:>10}{(hit + possible) / total:>8.0%}")
    others = [each for each in outcomes if each.row.visible not in {"static", "both", ""}]
    if others:
        print(f"beyond what reading can see: {sum(o.told != 'miss' for o in others)} of {len(others)} found")
    traps = [each for each in outcomes if not each.row.visible]
    reported = [each.row.id for each in traps if each.told == "hit"]
    doubted = [each.row.id for each in traps if each.told == "possible"]
    print(f"traps: {len(reported)} of {len(traps)} reported {reported}, {len(doubted)} as possible {doubted}")
    total, hit, possible = counts["all"]
    return int(bool(total) and (hit + possible < 0.85 * total or len(reported) > 0.05 * len(traps)))


# --- what repairs make of it -----------------------------------------------------------------------------------------


def becomes(outcome: Outcome, judged: dict[str, dict[str, str]]) -> tuple[str, str]:
    """The kind of a row, and in a person's words why, where one has read what pitstop makes of it."""
    if outcome.told == "miss":
        return "missed", ""
    if not outcome.made:
        return "no fix", outcome.shown
    known = judged.get(outcome.row.id, {})
    if known.get("made") != digest(outcome.made):
        return "unread", f"made = {digest(outcome.made)!r}"
    return known["kind"], known["why"]


def digest(made: str) -> str:
    """What stands for the lines that were read."""
    return hashlib.blake2b(made.encode(), digest_size=4).hexdigest()


def report_fixes(outcomes: list[Outcome], *, list_all: bool) -> int:
    """Print what becomes of each row, and how many of each kind there are by class; 1 where one is unread or wrong."""
    judged = tomllib.loads(JUDGED.read_text("utf-8"))
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for each in outcomes:
        kind, why = becomes(each, judged)
        counts[each.row.category][kind] += 1
        counts["all"][kind] += 1
        print(f"{each.row.id} {kind:<9} {each.row.category:<28} {why}")
        if list_all or kind == "unread":
            print("".join(f"        {line}\n" for line in each.made.splitlines()), end="")
    print()
    print(f"{'class':<32}{'rows':>5}" + "".join(f"{kind:>9}" for kind in KINDS))
    for name in sorted(counts, key=lambda name: (name == "all", name)):
        numbers = "".join(f"{counts[name][kind]:>9}" for kind in KINDS)
        print(f"{name:<32}{counts[name].total():>5}{numbers}")
    return int(bool(counts["all"]["unread"] or counts["all"]["wrong"]))


if __name__ == "__main__":
    raise SystemExit(main())
