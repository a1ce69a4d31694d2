"""Moves a route before the one that answers for it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Location, Meant, Patch, SourceEvidence
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.moving import move_before, refuse_made_between
from pitstop.patching.python import Source
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def move(finding: Finding, project: Project) -> Patch:
    """The route before the first that answers for it: all requests for its path go to it then, and no others. Raises PatchError."""
    first, second = _places(finding)
    source = open_source(project, finding.location.path)
    routes = [r for r in project.routes.all if r.kind == "route" and r.function.qualname == second.symbol]
    earlier = [r for r in project.routes.all if r.kind == "route" and r.function.qualname == first.symbol]
    if first.path != second.path:
        raise PatchError(
            f"the two are in different files: which router is included first is decided where {first.path} is included"
        )
    if (
        len({id(route.decorator) for route in routes}) != 1
        or len({m for r in routes for m in r.methods}) != 1
    ):
        # Of one alone it is sure that the first answers all of its requests, and that what stands between them gets none.
        raise PatchError(
            "the handler has several routes or methods, and moving it would change who answers for the others"
        )
    if {r.path for r in routes} & {r.path for r in earlier}:
        raise PatchError("both have the same path: which of the two is wanted, the code does not tell")
    function, target = _decorated(source, second), _decorated(source, first)
    block, place = source.block(function)
    if not any(each is target for each in block[:place]):
        raise PatchError("the two do not stand in one block of code, one after the other")
    refuse_made_between(source, function, block[block.index(target) : place])
    return make_patch(
        finding,
        f"Put {function.name} before {target.name}",
        (settle(source, move_before(source, function, target)),),
        (),
        meant=Meant(requests=finding.routes),
        risk=f"Requests for this path are answered by `{function.name}` and no more by `{target.name}`, which is the point: clients that have "
        "come to live with the old answer will notice.",
        validate="Request the path, and see which handler answers.",
        rollback="pitstop undo",
    )


def _places(finding: Finding) -> tuple[Location, Location]:
    """Where the route that answers is added, and where the other."""
    for evidence in finding.evidence:
        if isinstance(evidence, SourceEvidence) and len(evidence.locations) == 2 and not finding.places:
            return evidence.locations[0], evidence.locations[1]
    raise PatchError("the route is added in several places")


def _decorated(source: Source, place: Location) -> _Function:
    call = node_at(source, ast.Call, place)
    function = next(source.parents(call))
    if not isinstance(function, _Function) or call not in function.decorator_list:
        raise PatchError(f"{source.path}:{place.line}: the route is not added by a decorator")
    return function
