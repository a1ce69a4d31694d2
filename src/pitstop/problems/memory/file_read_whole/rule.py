"""Files read at once on a request path, of which each line or piece is used once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.problems.memory.file_read_whole.reads import Read, reads
from pitstop.problems.memory.file_read_whole.sizes import size_of
from pitstop.problems.memory.file_read_whole.uses import use_of
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.data import Confidence
    from pitstop.project import Project
    from pitstop.project.calls import Reach
    from pitstop.project.model import FunctionInfo

_SOURCE = "a text of 77 MB and a million lines, CPython 3.11; pitstop's own measurement"
_IMPACT = {
    "lines": Impact(
        text="memory for one line instead of 1.7 to 2.7 times the file, for each request in flight",
        source=_SOURCE,
    ),
    "text": Impact(
        text="memory for one piece instead of for the whole file, for each request in flight", source=_SOURCE
    ),
    "rows": Impact(text="memory for one batch of rows instead of for the whole table"),
}


def find(project: Project) -> list[Finding]:
    """One finding for each file that is read whole and could be gone through."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    for function in project.functions:
        if not function.module.says(".read"):
            continue
        for read in reads(project, function):
            use = use_of(project, function, read)
            size = size_of(project, function, read) if use else ""
            if not use or size == "small":
                continue
            reach = project.calls.reach(function, read.site)
            if reach is None or is_memoised(function) or any(is_memoised(s.function) for s in reach.path):
                continue
            yield _finding(function, read, use, reach, sure=size == "grows")


def _finding(function: FunctionInfo, read: Read, use: str, reach: Reach, *, sure: bool) -> Finding:
    step = Step(function, read.site)
    given: Confidence = "likely" if sure else "possible"
    confidence, severity, why = weigh(reach, (step,), given, "medium" if sure else "low")
    what = "table" if read.how == "rows" else read.source
    return make(
        problem="file-read-whole",
        domain="memory",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` reads a whole {what} into memory and then {use}",
        module=function.module,
        owner=function.qualname,
        node=read.site.node,
        routes=route_names(reach),
        call_path=path_of(reach, (step,)),
        evidence=(
            SourceEvidence(
                text=f"all of the {what} is held although each part of it is used once"
                + (f"; but {why}" if why else ""),
                locations=(function.at(read.site.node),),
            ),
        ),
        impact=_IMPACT[read.how],
        fix_class="proved",
    )
