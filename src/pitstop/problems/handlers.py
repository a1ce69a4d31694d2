"""Functions that FastAPI calls: handlers of routes, dependencies, and what makes the objects among these."""

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
    return not _is_called(project, function)


def only_fastapi_makes(project: Project, init: FunctionInfo) -> bool:
    """Whether it is the `__init__` of a class that is a dependency itself, of which no code of the project makes objects or has heirs."""
    owner = init.owner
    if owner is None or init.name != "__init__" or init.node.decorators:
        return False
    heirs = (
        name
        for name in project.index.classes
        if name != owner.qualname and any(c is owner for c in project.types.mro(name))
    )
    is_dependency = any(r.kind == "route" and init in r.dependencies for r in project.routes.all)
    return is_dependency and not any(heirs) and not _is_called(project, init)


def _is_called(project: Project, function: FunctionInfo) -> bool:
    return any(
        edge.target is function and edge.kind != "reference"
        for other in project.functions
        for edge in project.calls.edges(other)
    )
