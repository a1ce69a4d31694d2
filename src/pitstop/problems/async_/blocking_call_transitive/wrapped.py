"""Plain handlers and dependencies that a coroutine of the project runs on the event loop, where FastAPI would take a thread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pitstop.project.blocking import SOON
from pitstop.project.calls import Step

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.blocking import BlockingCall
    from pitstop.project.calls import Reach
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site


@dataclass
class Wrapped:
    """A coroutine that a decorator puts in the place of plain functions, and those among them that block."""

    wrapper: FunctionInfo
    site: Site
    """Where the coroutine calls what it stands for."""
    blocking: dict[str, tuple[FunctionInfo, Reach, tuple[Step, ...], BlockingCall]] = field(
        default_factory=dict
    )
    """By name: the function, how it is reached, and the way from it to what blocks."""


def wrapped_in(project: Project) -> Iterator[Wrapped]:
    """Each such coroutine, with the functions that wait for more than a file or a cache."""
    found: dict[tuple[str, int], Wrapped] = {}
    for route in project.routes.all:
        for entry in (route.function, *route.dependencies):
            own = route.decorator if entry is route.function else None
            run = project.calls.decorators.run_on_loop(entry, own)
            reach = project.calls.reach(entry) if run is not None else None
            if run is None or reach is None:
                continue
            wrapper, site = run
            below = project.blocking.below(entry, under=reach.facts)
            if below is not None and below[1].category not in SOON:
                each = found.setdefault((wrapper.qualname, site.node.at), Wrapped(wrapper, site))
                each.blocking.setdefault(entry.qualname, (entry, reach, *below))
    yield from found.values()
