"""Patches for tests, of a text with twenty lines."""

from __future__ import annotations

from pitstop.data import FileChange, Finding, Location, Patch
from pitstop.patching.edits import make_patch

TEXT = "".join(f"line_{number:02d} = {number}\n" for number in range(1, 21))

FINDING = Finding(
    id="f1",
    problem="n-plus-one-loop",
    domain="database",
    severity="high",
    confidence="certain",
    message="m",
    location=Location(path="a.py", line=1),
)


def patched(*changed: FileChange) -> Patch:
    """A patch of these changes."""
    return make_patch(FINDING, "mend it", changed, ["statements"], risk="none", rollback="undo")


def edited(old: str, new: str, path: str = "a.py") -> Patch:
    """A patch of one word of the text."""
    return patched(FileChange(path=path, before=TEXT, after=TEXT.replace(old, new)))
