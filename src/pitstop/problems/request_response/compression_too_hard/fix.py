"""Has Starlette's GZip middleware compress at a level that costs less."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Meant, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.rewrite import last_argument
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project

_LEVEL = "6"
"""zlib's own default: a third of the CPU of level 9 for 3 % more bytes (80 kB of JSON; pitstop's own measurement)."""


def lower(finding: Finding, project: Project) -> Patch:
    """The middleware with a lower level. Raises PatchError."""
    source = open_source(project, finding.location.path)
    call = node_at(source, ast.Call, finding.location)
    given = next((keyword.value for keyword in call.keywords if keyword.arg == "compresslevel"), None)
    if any(keyword.arg is None for keyword in call.keywords):
        raise PatchError("its settings come in a dictionary, which may have the level")
    if given is None and len(call.args) > 1:
        raise PatchError("its settings are given by their places, and the level may be among them")
    if given is None:
        edit = last_argument(source, call, f"compresslevel={_LEVEL}")
    elif isinstance(given, ast.Constant):
        edit = source.edit(source.start(given), source.end(given), _LEVEL)
    else:
        raise PatchError("the level is a setting: change it where that is made")
    return make_patch(
        finding,
        f"Compress at level {_LEVEL}",
        (settle(source, [edit]),),
        ("cpu", "duration"),
        meant=Meant(compressed=True),
        risk="Answers have other bytes and lengths: what is made of compressed bytes (an ETag of a proxy) changes.",
        validate="Measure again: CPU and bytes of the routes.",
        rollback="pitstop undo",
    )
