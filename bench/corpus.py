"""What `pitstop inspect` finds of defects that real services had, and what it says of places that only look like one.

    python bench/corpus.py CORPUS --repositories FOLDER [--rows D001 T015 ...] [--workers 2] [--list]

CORPUS holds `defects.tsv` and `traps.tsv`: a repository, a commit, a file, its lines, and a class. REPOSITORIES holds a git
repository of each, bare or not, as `owner+name`. Each commit is read whole, as `pitstop inspect` would read it.

A hit is a finding of the row's class within five lines of the row's, or on the line of the function around them. A trap is
reported where a finding of its class, *certain* or *likely*, is as near; one that is merely *possible* is counted apart. Rows that
reading alone cannot see (`visible` other than static or both) are left out of the recall and printed with it.
"""

from __future__ import annotations

import argparse
import csv
import io
import subprocess
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pitstop.data import Finding
from pitstop.problems import diagnosis
from pitstop.project import Project, read

NEAR = 5
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


def score(item: tuple[Path, tuple[Row, ...]]) -> list[tuple[Row, str, str]]:
    """For each row of one commit `hit`, `possible`, `miss` or `no commit`, and what was found."""
    repository, asked = item
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
            return [(row, "no commit", "") for row in asked]
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(tree, filter="data")
        project = read(tree)
        findings, skipped = diagnosis.read(project, diagnosis.chosen())
        failed = [each for each in skipped if each.stage == "inspect"]
        assert not failed, failed
        result = []
        for row in asked:
            found = nearest(row, project, findings)
            sure = [each for each in found if each.confidence != "possible"]
            best = next(iter(sure or found), None)
            outcome = "hit" if sure else "possible" if found else "miss"
            shown = f"{best.problem} {best.location.path}:{best.location.line}" if best else ""
            result.append((row, outcome, shown))
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
    arguments = parser.parse_args()
    commits: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows(arguments.corpus):
        if not arguments.rows or row.id in arguments.rows:
            commits[row.repository, row.commit].append(row)
    items = []
    outcomes: list[tuple[Row, str, str]] = []
    for (repository, _), asked in commits.items():
        home = git_directory(arguments.repositories, repository)
        if home is None:
            outcomes += [(row, "no repository", "") for row in asked]
        else:
            items.append((home, tuple(asked)))
    with ProcessPoolExecutor(arguments.workers) as pool:
        for part in pool.map(score, items):
            outcomes += part
    outcomes.sort(key=lambda outcome: outcome[0].id)
    if arguments.list:
        for row, outcome, found in outcomes:
            print(
                f"{row.id} {outcome:<9} {row.visible or 'trap':<8} {row.category:<28} "
                f"{row.repository} {row.path} {found}"
            )
        print()
    return report(outcomes)


def report(outcomes: list[tuple[Row, str, str]]) -> int:
    """Print the tables."""
    absent = [row.id for row, outcome, _ in outcomes if outcome.startswith("no ")]
    if absent:
        print(f"not to be had: {' '.join(absent)}")
    told = [(row, outcome) for row, outcome, _ in outcomes if not outcome.startswith("no ")]
    visible = [(row, outcome) for row, outcome in told if row.visible in {"static", "both"}]
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row, outcome in visible:
        for name in (row.category, "all"):
            counts[name][0] += 1
            counts[name][1] += outcome == "hit"
            counts[name][2] += outcome == "possible"
    print(f"{'class':<32}{'rows':>5}{'hit':>5}{'possible':>10}{'recall':>8}")
    for name in sorted(counts, key=lambda name: (name == "all", name)):
        total, hit, possible = counts[name]
        print(f"{name:<32}{total:>5}{hit:>5}{possible:>10}{(hit + possible) / total:>8.0%}")
    others = [(row, outcome) for row, outcome in told if row.visible not in {"static", "both", ""}]
    if others:
        print(f"beyond what reading can see: {sum(o != 'miss' for _, o in others)} of {len(others)} found")
    traps = [(row, outcome) for row, outcome in told if not row.visible]
    reported = [row.id for row, outcome in traps if outcome == "hit"]
    doubted = [row.id for row, outcome in traps if outcome == "possible"]
    print(f"traps: {len(reported)} of {len(traps)} reported {reported}, {len(doubted)} as possible {doubted}")
    total, hit, possible = counts["all"]
    return int(bool(total) and (hit + possible < 0.85 * total or len(reported) > 0.05 * len(traps)))


if __name__ == "__main__":
    raise SystemExit(main())
