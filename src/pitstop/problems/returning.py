"""A handler's declared answer: the annotation that names a model, and the import that it needs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.patching.rewrite import annotate_return
from pitstop.problems.editing import import_class

if TYPE_CHECKING:
    from pitstop.patching.edits import Edit
    from pitstop.patching.python import Source
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo, Module, Type

_PYDANTIC = {"pydantic.BaseModel", "sqlmodel.SQLModel", "sqlmodel.main.SQLModel", "pydantic.RootModel"}


def model_of(returned: Type) -> Type:
    """The model that is returned, alone or in a list."""
    return returned.args[0] if returned.name == "list" and returned.args else returned


def is_answer(project: Project, model: Type) -> bool:
    """Whether a type is a model made to be an answer, and no row of a table."""
    return (
        bool(_PYDANTIC & set(project.types.external_bases(model.name)))
        and model.name not in project.models.all
    )


def declare(project: Project, source: Source, function: FunctionInfo, returned: Type) -> list[Edit]:
    """The return annotation of a handler, a model or a list of one. Raises PatchError."""
    info = project.index.classes[model_of(returned).name]
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
    annotation = f"list[{local}]" if returned.name == "list" else local
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
