"""Declares what the handler returns, so that pydantic-core writes the response."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.python import Source
from pitstop.patching.rewrite import annotate_return
from pitstop.problems.editing import import_class, open_source
from pitstop.problems.layout import settle
from pitstop.problems.request_response.missing_response_model.rule import Match, matches

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import Module

_PYDANTIC = {"pydantic.BaseModel", "sqlmodel.SQLModel", "sqlmodel.main.SQLModel", "pydantic.RootModel"}


def propose(finding: Finding, project: Project) -> Patch:
    """A return annotation for the handler. Raises PatchError."""
    match = next((m for m in matches(project) if m.finding.id == finding.id), None)
    if match is None:
        raise PatchError("the route is not there any more")
    inner = match.returned.args[0] if match.returned.name == "list" else match.returned
    if not _PYDANTIC & set(project.types.external_bases(inner.name)) or inner.name in project.models.all:
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
        (settle(source, _edits(project, source, match, inner.name)),),
        ("cpu", "duration"),
        describes=match.finding.routes,
        risk="A declared type drops fields it does not know, coerces values and turns a mismatch into a 500; the bytes were compared.",
        validate="The same requests give the same bytes; the OpenAPI document now describes the answer.",
        rollback="pitstop undo",
    )


def _edits(project: Project, source: Source, match: Match, name: str) -> list[Edit]:
    info = project.index.classes[name]
    function = match.route.function
    node = next(
        n
        for n in ast.walk(source.tree)
        if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))
        and n.lineno == function.node.line
        and n.name == function.name
    )
    if _may_fall_through(node.body):
        raise PatchError("it may end without a `return`, and None is not what it declares")
    imports: list[Edit] = []
    local = info.name
    if info.module is function.module:
        if info.node.line > node.lineno:
            raise PatchError(
                f"`{local}` is defined below the handler, where its annotation cannot see it yet"
            )
    elif _imports(info.module, function.module) and not _imports(function.module, info.module):
        raise PatchError(
            f"`{info.module.name}` imports the handler's module, so `{info.name}` cannot be imported there"
        )
    imports, local = import_class(project, source, function.module, info)
    annotation = f"list[{local}]" if match.returned.name == "list" else local
    return [*imports, *annotate_return(source, node, annotation)]


def _may_fall_through(body: list[ast.stmt]) -> bool:
    """Whether the end of a block may be reached."""
    if not body:
        return True
    last = body[-1]
    if isinstance(last, ast.Return | ast.Raise):
        return isinstance(last, ast.Return) and last.value is None
    if isinstance(last, ast.If):
        return _may_fall_through(last.body) or _may_fall_through(last.orelse)
    if isinstance(last, ast.With | ast.AsyncWith):
        return _may_fall_through(last.body)
    if isinstance(last, ast.Try):
        ends = [last.orelse or last.body, *(h.body for h in last.handlers)]
        return _may_fall_through(last.finalbody) and any(_may_fall_through(each) for each in ends)
    return True


def _imports(module: Module, other: Module) -> bool:
    """Whether a module imports another at its top level."""
    return any(
        b.how == "import" and (b.target == other.name or b.target.startswith(f"{other.name}."))
        for bindings in module.bindings.values()
        for b in bindings
    )
