"""What a change brings: findings of the one version less those of the other, and what else its author should be asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pitstop import contracting, stages
from pitstop import settings as setting
from pitstop.budgets import LIMITS, Budget
from pitstop.data import Skipped
from pitstop.errors import PitstopError, UsageError
from pitstop.known import Known
from pitstop.patching import changesets
from pitstop.patching.changesets import Changeset
from pitstop.patching.git import Repository
from pitstop.patching.trees import base_of, export
from pitstop.problems import comparing, siblings
from pitstop.project import Project, packages
from pitstop.reports.progress import Progress
from pitstop.reviews import BudgetChange, Decision, Question, Review
from pitstop.settings import Settings
from pitstop.target.workspace import Workspace
from pitstop.temporary import TemporaryFolder

_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ENVIRONMENTS = (".venv", "venv", "env", ".env")
_FOLLOW_UPS = 3
_SINGLY = 3
"""Packages that are told one by one; more are one decision."""
WORK_TREE = "the work tree"


@dataclass(frozen=True)
class Versions:
    """The two versions of a review, each in a folder: `head` may be the user's own."""

    base: Path
    head: Path
    shown: tuple[str, str]
    commit: str
    """That of the base."""
    change: Changeset


@contextmanager
def versions(root: Path, named: tuple[str, str] | None) -> Iterator[Versions]:
    """The versions that are `named`, base and head; an empty base is where the branch began, an empty head what lies in the work tree.

    Raises UsageError without git, or where it knows no such commit.
    """
    repository = Repository(root)
    base, head = named or ("", "")
    commit, shown = (repository.commit(base), base) if base else base_of(root)
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryFolder("pitstop-review-")).path
        before = _exported(root, commit, folder / "base")
        if head:
            after, change = (
                _exported(root, repository.commit(head), folder / "head"),
                changesets.between(root, commit, head),
            )
        else:
            after, change = root, changesets.since(root, commit)
        yield Versions(before, after, (_short(shown), _short(head) or WORK_TREE), commit, change)


def _short(name: str) -> str:
    """What to call a commit: as it was named, but a whole hash by its first twelve digits, as git log does."""
    return name[:12] if _HASH.fullmatch(name) else name


def _exported(root: Path, commit: str, folder: Path) -> Path:
    folder.mkdir()
    export(root, commit, folder)
    for name in _ENVIRONMENTS:
        # What is installed says which versions of packages the service runs with: to both the same.
        if (root / name).is_dir() and not (folder / name).exists():
            (folder / name).symlink_to(root / name, target_is_directory=True)
    return folder


def review(known: Known, pair: Versions, settings: Settings, progress: Progress) -> None:
    """Read both versions, and leave in `known` what only the newer one has. Raises UsageError."""
    before = Known(pair.base)
    try:
        stages.read(before, settings, progress)
    except UsageError:
        if any(pair.base.rglob("*.py")):
            raise
        before.project = None  # the service is new
    root, known.root = known.root, pair.head
    problems = stages.read(known, settings, progress)
    known.root = root
    assert known.project is not None
    found = list(known.findings)
    known.findings, gone = (), list(before.findings)
    if before.project is None:
        known.findings = tuple(found)
    else:
        news, gone = comparing.brought(before.findings, found, before.project, known.project)
        known.findings = tuple(news)
    known.settled = known.findings
    known.problems = problems
    skipped = {(each.stage, each.subject) for each in before.skipped}
    known.skipped = [each for each in known.skipped if (each.stage, each.subject) not in skipped]
    known.unused = []
    asked: list[Question] = []
    decided: list[Decision] = []
    if before.project is not None:
        decided += _packages(before.project, known.project)
        asked += siblings.questions(before.project, known.project)
        decided += siblings.decisions(before.project, known.project)
    known.review = Review(
        base=pair.shown[0],
        head=pair.shown[1],
        files=len(pair.change.changes),
        gone=comparing.counted(gone),
        questions=tuple(asked),
        decisions=tuple(decided),
        budgets=tuple(_budgets(_limits(pair.base), _limits(pair.head))),
        follow_ups=tuple(_follow_ups(known, pair))[:_FOLLOW_UPS],
    )


def drift(known: Known, pair: Versions, settings: Settings, progress: Progress) -> None:
    """Compare the OpenAPI documents that both versions make of themselves; why that was not possible is noted."""
    try:
        stages.discover(known, settings, progress, tests=False)
        progress.phase("copy")
        with Workspace(known.root) as workspace:
            documents = contracting.of_commits(known, settings, progress, pair.change, workspace)
    except PitstopError as error:
        reason = f"{error.message}; `--only-read` leaves it out"
        known.skipped.append(Skipped(stage="contract", subject="the OpenAPI document", reason=reason))
        return
    known.contract = contracting.compared(pair.shown, documents)


def _limits(root: Path) -> Mapping[str, Budget]:
    """The budgets of a version; none where its settings cannot be read, which the newer one's would have said already."""
    try:
        return setting.load(root).budgets
    except UsageError:
        return {}


def _budgets(before: Mapping[str, Budget], after: Mapping[str, Budget]) -> Iterator[BudgetChange]:
    for key in sorted({*before, *after}):
        for limit in LIMITS:
            old, new = (getattr(each[key], limit) if key in each else None for each in (before, after))
            if old != new:
                yield BudgetChange(budget=key, limit=limit, before=old, after=new)


def _packages(before: Project, after: Project) -> Iterator[Decision]:
    """Packages that the service depends on from now on, or no longer."""
    if not before.routes.all or not after.routes.all:
        return
    old, new = packages.declared(before), packages.declared(after)
    for of, to, ending in ((old, new, "now"), (new, old, "no longer")):
        names = sorted(to.keys() - of.keys())
        for told in [names] if len(names) > _SINGLY else [[name] for name in names]:
            path, line = to[told[0]]
            listed = ", ".join(f"`{name}`" for name in told)
            yield Decision(
                kind="package", text=f"the service depends on {listed} {ending}", path=path, line=line
            )


def _follow_ups(known: Known, pair: Versions) -> Iterator[str]:
    if any(change.path.endswith(".py") for change in pair.change.changes):
        last = pair.shown[1] if pair.shown[1] != WORK_TREE else "HEAD"
        what = "" if pair.shown[0] == last else f" {pair.commit[:12]}..{last}"
        yield f"`pitstop prove{what}` runs both versions and says whether the service answers as before"
    mendable = sorted({each.problem for each in known.findings if each.fix.fix_class in {"safe", "proved"}})
    if mendable:
        yield f"`pitstop tune --only {','.join(mendable)}` mends what was brought, and proves it"
    if deciding := [each for each in known.findings if each.fix.fix_class == "decide"]:
        yield f"`pitstop explain {deciding[0].problem}` says what there is to decide between"
