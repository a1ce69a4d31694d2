"""Files that stay the same, read and parsed on the way of a request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.parsed import Parsed

_IMPACT = Impact(text="no file read and parsed during requests")


def find_files(project: Project) -> Iterator[Finding]:
    """One finding for each call on the way of a request that parses a file which is the same each time."""
    for parsed in project.parsed.found.values():
        yield _finding(parsed)


def _finding(parsed: Parsed) -> Finding:
    function, site, reach = parsed.function, parsed.site, parsed.reach
    steps = (Step(function, site),)
    doubts = ["a branch decides whether it happens"] if site.conditional else []
    confidence, severity, why = weigh(reach, steps, "likely", "medium", doubts=doubts)
    shown = function.module.text(site.node)
    return make(
        problem="settings-built-per-request",
        domain="request-response",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` reads and parses the same file for every request: `{shown}`",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        routes=route_names(reach),
        call_path=path_of(reach, steps),
        evidence=(
            SourceEvidence(
                text=f"`{shown}` opens and parses a file that is the same each time (`{parsed.file}`), nothing keeps what was read, and nothing "
                "else here uses that file" + (f"; but {why}" if why else ""),
                locations=(
                    function.at(site.node),
                    *(each.location for each in parsed.way),
                ),
            ),
        ),
        impact=_IMPACT,
        fix_class="proved",
    )
