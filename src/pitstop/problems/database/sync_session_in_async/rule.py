"""Coroutines that send statements through a synchronous session, where many do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, FixOutlook, Impact, SourceEvidence
from pitstop.problems.findings import head_of, make, path_of, route_names
from pitstop.project.blocking import needs_no_loop

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.blocking import SessionUser
    from pitstop.project.model import FunctionInfo

IMPACT = Impact(
    text="requests served at once",
    expected=(6.0, 20.0),
    source="20 ms blocking call in async def, 32 clients, moved to a thread: pitstop's own measurement (FastAPI 0.16x, two cores)",
)


def find(project: Project) -> list[Finding]:
    """One finding for the whole service, at the first such coroutine; the others are its places."""
    users = sorted(
        project.blocking.session_users.values(), key=lambda u: (u.function.module.path, u.function.node.at)
    )
    if not users:
        return []
    # The one that most routes run stands for all.
    reached = {u.function.qualname: project.calls.reached[u.function.qualname, "loop"] for u in users}
    first = max(users, key=lambda u: (len(reached[u.function.qualname].routes), -users.index(u)))
    reach = reached[first.function.qualname]
    routes = dict.fromkeys(
        name for u in (first, *users) for name in route_names(reached[u.function.qualname])
    )
    shown = f"`{first.call.name}`"
    way = " → ".join([*(step.function.name for step in first.steps[1:]), shown])
    finding = make(
        problem="sync-session-in-async",
        domain="database",
        severity="high",
        confidence="certain" if len(first.steps) == 1 else "likely",
        message=f"{len(users)} coroutines send statements through a synchronous session on the event loop: every other "
        f"request waits for each of them",
        module=first.function.module,
        owner=first.function.qualname,
        node=first.function.node,
        identity=("", "coroutines over synchronous sessions"),
        routes=tuple(routes),
        call_path=path_of(reach, first.steps),
        evidence=(
            SourceEvidence(
                text=f"`async def {first.function.name}` calls {way} with no `await` and no thread on the way",
                locations=tuple(step.location for step in first.steps),
            ),
            *_needless(project, users),
        ),
        impact=IMPACT,
    )
    return [
        msgspec.structs.replace(
            finding,
            location=head_of(first.function),
            places=tuple(head_of(u.function) for u in users if u is not first),
            fix=FixOutlook(fix_class="decide"),
        )
    ]


def _needless(project: Project, users: list[SessionUser]) -> Iterator[SourceEvidence]:
    """Those that need no event loop at all: FastAPI alone calls them, through no decorator that may await them."""
    needless = [user.function for user in users if _is_needless(project, user.function)]
    if needless:
        yield SourceEvidence(
            text=f"{len(needless)} of them are handlers or dependencies that await nothing: `def` in the place of `async def` mends these",
            locations=tuple(head_of(function) for function in needless),
        )


def _is_needless(project: Project, function: FunctionInfo) -> bool:
    reach = project.calls.reach(function)
    routed = any(route.function is function for route in reach.routes) if reach is not None else False
    return reach is not None and needs_no_loop(function, reach) and len(function.node.decorators) <= routed
