"""OpenAPI documents to be compared: read from files and commits, or made by the service as it is at two commits."""

from __future__ import annotations

import json
from pathlib import Path

from pitstop.contract.compare import compare
from pitstop.errors import TargetError, UsageError
from pitstop.patching.changesets import Changeset
from pitstop.patching.git import Repository
from pitstop.promises import ContractComparison
from pitstop.running import Progress, Record, run_once
from pitstop.settings import Settings
from pitstop.target.workspace import Workspace
from pitstop.temporary import TemporaryFolder
from pitstop.workload.drive import require
from pitstop.workload.generated import document_of
from pitstop.workload.model import Replay
from pitstop.workload.recorded import Request, write_requests


def compared(named: tuple[str, str], documents: tuple[object, object]) -> ContractComparison:
    """What changed between two documents, under the names that the user gave them."""
    return ContractComparison(before=named[0], after=named[1], changes=compare(*documents))


def read(root: Path, name: str) -> object:
    """The document in a file, or in one of a commit (`main:docs/openapi.json`). Raises UsageError."""
    file = Path(name)
    commit, colon, inside = name.partition(":")
    try:
        if file.is_file() or not (colon and commit):
            text: str | None = file.read_text("utf-8-sig")
        else:
            repository = Repository(root)
            text = repository.text(repository.prefix + inside, repository.commit(commit))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{name} cannot be read: {error}", "Name a file, or COMMIT:FILE.") from None
    if text is None:
        raise UsageError(f"{commit} has no file {inside}", "Give its path from the project's folder.")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{name} is no JSON: {error}", "Give what the service has at /openapi.json."
        ) from None
    version = document.get("openapi") if isinstance(document, dict) else None
    if not isinstance(version, str) or not version.startswith("3."):
        raise UsageError(
            f"{name} is no OpenAPI document of version 3", "Give what the service has at /openapi.json."
        )
    return document


def of_commits(
    record: Record, settings: Settings, progress: Progress, change: Changeset, workspace: Workspace
) -> tuple[object, object]:
    """The documents that the service makes before and after a change. Raises TargetError where it cannot be run."""
    documents: list[object] = []
    for title, step in (("before", change.base), ("after", change.changes)):
        workspace.write(step)
        progress.phase(f"run the service as it was {title}")
        with workspace.clone() as place, TemporaryFolder("pitstop-document-") as folder:
            file = folder.path / "requests.jsonl"
            write_requests(file, [Request(method="GET", path="/openapi.json")])
            driven = run_once(record, settings, progress, Replay(requests=file, offline=True), place)
            require(driven.ending)
            assert record.target is not None
            document = document_of(driven.run, record.target)
            if document is None and not driven.run.openapi:
                raise TargetError(
                    f"the service as it was {title} has no OpenAPI document",
                    "Compare files: `pitstop contract BASE.json HEAD.json`.",
                )
            documents.append(document or {})
    return documents[0], documents[1]
