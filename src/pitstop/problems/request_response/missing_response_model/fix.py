"""Declares what the handler returns, so that pydantic-core writes the response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.problems.editing import open_source
from pitstop.problems.layout import settle
from pitstop.problems.request_response.missing_response_model.rule import matches
from pitstop.problems.returning import declare, is_answer, model_of

if TYPE_CHECKING:
    from pitstop.project import Project


def propose(finding: Finding, project: Project) -> Patch:
    """A return annotation for the handler. Raises PatchError."""
    match = next((m for m in matches(project) if m.finding.id == finding.id), None)
    if match is None:
        raise PatchError("the route is not there any more")
    if not is_answer(project, model_of(match.returned)):
        raise PatchError(
            "it returns dicts or ORM rows: which fields belong to the answer is a decision about the contract"
        )
    types = {
        project.types.type_of(value, match.route.function).name for value in match.route.function.returns
    }
    if len(types) > 1:
        raise PatchError("it returns more than one type")
    source = open_source(project, finding.location.path)
    return make_patch(
        finding,
        f"Declare what {match.route.function.name} returns",
        (settle(source, declare(project, source, match.route.function, match.returned)),),
        ("cpu", "duration"),
        describes=match.finding.routes,
        risk="A declared type drops fields it does not know, coerces values and turns a mismatch into a 500; the bytes were compared.",
        validate="The same requests give the same bytes; the OpenAPI document now describes the answer.",
        rollback="pitstop undo",
    )
