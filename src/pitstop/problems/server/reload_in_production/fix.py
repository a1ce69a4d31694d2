"""Takes the option away that has a server watch its source."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.files import read_text
from pitstop.problems.behind import lightest

if TYPE_CHECKING:
    from pitstop.project import Project

_SPELLINGS = (
    re.compile(r"^[ \t]*-[ \t]*[\"']?--reload[\"']?[ \t]*\r?\n", re.MULTILINE),  # an item of a list of YAML
    re.compile(r"^[ \t]*--reload[ \t]*\\\r?\n", re.MULTILINE),  # a line of its own
    re.compile(r",[ \t]*([\"'])--reload\1"),  # in a list of JSON
    re.compile(r"[ \t]+--reload(?=[\s\"';&|]|$)"),
    re.compile(r"^reload[ \t]*=[ \t]*True[ \t]*\r?\n", re.MULTILINE),
)
_OTHERS = re.compile(r"--reload-|reload_(?:engine|extra_files)")
_LONGEST = 40
"""Lines that one command may be written over."""


def turn_off(finding: Finding, project: Project) -> Patch:
    """The command without `--reload`. Raises PatchError."""
    path = finding.location.path
    text = read_text(project.root / path)
    if text is None:
        raise PatchError(f"{path} is not there any more", "Run pitstop again on the tree as it is now.")
    lines = text.splitlines(keepends=True)
    first = finding.location.line - 1
    above, below = "".join(lines[:first]), "".join(lines[first : first + _LONGEST])
    below, rest = _command(below)
    if _OTHERS.search(below):
        raise PatchError("other options say what it watches: they have to go, too")
    found = next((matches for each in _SPELLINGS if (matches := list(each.finditer(below)))), [])
    if len(found) != 1:
        raise PatchError(
            "it stands there in a way that cannot be changed safely, or it is `fastapi dev`, which listens elsewhere than `fastapi run`"
        )
    after = (
        above
        + below[: found[0].start()]
        + below[found[0].end() :]
        + rest
        + "".join(lines[first + _LONGEST :])
    )
    return make_patch(
        finding,
        f"Start without --reload in {path}",
        (FileChange(path=path, before=text, after=after),),
        (),
        routes=lightest(project, {app.identity for app in project.routes.apps}),
        risk="Who develops with this file has to start the server again after each change. No test starts the service by this file, so that it stays "
        "unproven.",
        validate="Start it and look at the log: no reloader is named.",
        rollback="pitstop undo",
    )


def _command(text: str) -> tuple[str, str]:
    """The lines of a command, and those after it: it goes on after a backslash, in an open bracket, and in a deeper list."""
    lines = text.splitlines(keepends=True)
    end, depth = 0, 0
    indent = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    while end < len(lines):
        line = lines[end]
        depth += line.count("[") - line.count("]")
        end += 1
        after = lines[end] if end < len(lines) else ""
        is_item = after.lstrip().startswith("- ") and len(after) - len(after.lstrip()) >= indent
        if not line.rstrip().endswith("\\") and depth <= 0 and not is_item:
            break
    return "".join(lines[:end]), "".join(lines[end:])
