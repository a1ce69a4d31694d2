"""Adds the CORS middleware last, so that it stands outside of those that refuse."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Meant, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.moving import move_after
from pitstop.problems.behind import lightest
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import settle
from pitstop.problems.middleware.middleware_order.rule import matches

if TYPE_CHECKING:
    from pitstop.project import Project


_CORS = (
    "access-control-allow-credentials",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "vary",
)
"""What `CORSMiddleware` adds to the answer of a request with an Origin."""


def add_last(finding: Finding, project: Project) -> Patch:
    """The CORS middleware after the last one that refuses. Raises PatchError."""
    cors = next((cors for found, cors in matches(project) if found.id == finding.id), None)
    if cors is None or any(place.path != finding.location.path for place in finding.places):
        raise PatchError("they are added in several files")
    source = open_source(project, finding.location.path)
    call = node_at(source, ast.Call, finding.location)
    statement = source.statement(call)
    if (
        not isinstance(statement, ast.Expr)
        or statement.value is not call
        or not isinstance(call.func, ast.Attribute)
        or call.func.attr != "add_middleware"
    ):
        raise PatchError("the CORS middleware is not added by a statement of its own")
    block, place = source.block(statement)
    last = place
    for refusing in (node_at(source, ast.Call, each) for each in finding.places):
        around = [refusing, *source.parents(refusing)]
        last = max(last, *(n for n, each in enumerate(block) if each in around), place)
        if not any(each in around for each in block[place + 1 :]):
            raise PatchError("they are not added in one block of code")
    return make_patch(
        finding,
        "Add CORSMiddleware last",
        (settle(source, move_after(source, statement, block[last])),),
        (),
        routes=lightest(project, {cors.app}),
        meant=Meant(headers=_CORS, requests=("OPTIONS",)),
        risk="Preflights are answered before anything else sees them, and answers to requests with an Origin get CORS headers: that is the point.",
        validate="Send a request that is refused with an Origin: the answer carries access-control-allow-origin.",
        rollback="pitstop undo",
    )
