"""Names the tag of a union as its discriminator, where the union stands."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.imports import ensure_import
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import settle
from pitstop.problems.request_response.smart_union_where_discriminated.rule import matches

if TYPE_CHECKING:
    from pitstop.project import Project


def discriminate(finding: Finding, project: Project) -> Patch:
    """The union with its discriminator. Raises PatchError."""
    union = next((each for found, each in matches(project) if found.id == finding.id), None)
    if union is None:
        raise PatchError("the union is not there any more")
    if not union.required:
        raise PatchError(
            f"`{union.tag}` has a default, so clients may leave it out, and a discriminator demands it"
        )
    source = open_source(project, finding.location.path)
    node = node_at(source, ast.expr, finding.location)
    around = next(source.parents(node))
    if isinstance(around, ast.Tuple) and isinstance(next(source.parents(around)), ast.Subscript):
        outer = next(source.parents(around))
        assert isinstance(outer, ast.Subscript)
        if ast.unparse(outer.value).rpartition(".")[2] == "Annotated":
            raise PatchError(
                "the union stands in an `Annotated` already, whose other parts may say how it is validated"
            )
    if any(
        isinstance(each, ast.Constant) and isinstance(each.value, str)
        for each in (node, *source.parents(node))
    ):
        raise PatchError("the union is written as a text")
    imports, name = ensure_import(source, "pydantic", "Discriminator", at=node)
    typing = "typing_extensions" if _takes_from(source.tree, "typing_extensions") else "typing"
    more, annotated = ensure_import(source, typing, "Annotated", at=node)
    start, end, quote = source.start(node), source.end(node), source.quote
    edits = [
        *imports,
        *more,
        source.edit(start, start, f"{annotated}["),
        source.edit(end, end, f", {name}({quote}{union.tag}{quote})]"),
    ]
    return make_patch(
        finding,
        f"Tell the models apart by {union.tag}",
        (settle(source, edits),),
        ("cpu", "duration"),
        risk="A wrong item is answered with one error of another `loc` and `type`; the OpenAPI document gets a `discriminator`, which the proof calls a "
        "change of the contract.",
        validate="Send one body of each kind, one with a wrong tag and one without: the first answers stay the same.",
        rollback="pitstop undo",
    )


def _takes_from(tree: ast.Module, module: str) -> bool:
    return any(
        isinstance(each, ast.ImportFrom)
        and each.module == module
        and any(a.name == "Annotated" for a in each.names)
        for each in tree.body
    )
