"""Functions that FastAPI calls: handlers of routes and dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo


def only_fastapi_calls(project: Project, function: FunctionInfo) -> bool:
    """Whether it is a handler or a dependency with no other decorator, and no code of the project calls it."""
    routes = [
        r for r in project.routes.all if r.kind == "route" and function in (r.function, *r.dependencies)
    ]
    decorators = {id(r.decorator) for r in routes if r.function is function}
    if not routes or any(id(d) not in decorators for d in function.node.decorators):
        return False
    if function.owner is not None and not decorators:
        return False
    return not any(
        edge.target is function and edge.kind != "reference"
        for other in project.functions
        for edge in project.calls.edges(other)
    )
