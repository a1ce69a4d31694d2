"""Servers that are started with `--reload` where they serve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, FixOutlook, Location, SourceEvidence, finding_id

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.deployment import Launch


def find(project: Project) -> list[Finding]:
    """One finding for each command that watches the source and is not meant for developing."""
    return list(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    for launch in project.deployment.launches:
        if launch.reloads and not launch.develops:
            # An image is also what a compose file for developing is built on.
            in_image = "dockerfile" in launch.path.lower()
            yield _finding(launch, doubt=in_image and project.deployment.mounts_source)


def _finding(launch: Launch, *, doubt: bool) -> Finding:
    message = (
        f"`{launch.text}` watches the source: one process serves however many cores there are, and it starts"
        " anew when a file changes"
    )
    place = Location(path=launch.path, line=launch.line)
    return Finding(
        id=finding_id("reload-in-production", launch.path, launch.text),
        problem="reload-in-production",
        domain="server",
        severity="medium",
        confidence="possible",
        message=message,
        location=place,
        evidence=(
            SourceEvidence(
                text="neither the file, the stage nor the service is named as one for developing"
                + ("; but a compose file of the repository mounts source" if doubt else ""),
                locations=(place,),
            ),
        ),
        fix=FixOutlook(fix_class="decide"),
    )
