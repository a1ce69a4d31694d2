"""Columns of models, with an index and without."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.patching.rewrite import last_argument
from pitstop.project.orm import Column, Model

if TYPE_CHECKING:
    from pitstop.project import Project


def indexed(source: Source, column: Column) -> list[Edit]:
    """The edits that give a column an index. Raises PatchError."""
    return _index_assignment(source, declaration(source, column))


def declaration(source: Source, column: Column) -> ast.Assign | ast.AnnAssign:
    """The assignment that declares a column. Raises PatchError."""
    line, start, end_line, end = column.node.span
    wanted = (line, start, end_line, end)
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            span = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
            if span == wanted:
                return node
    raise PatchError(f"{source.path}:{line}: the column is not there any more")


def _index_assignment(source: Source, node: ast.Assign | ast.AnnAssign) -> list[Edit]:
    if node.value is None:
        assert isinstance(node, ast.AnnAssign)
        is_mapped = re.match(r"[\"']?([\w.]+\.)?Mapped\b", source.segment(node.annotation)) is not None
        module, name = ("sqlalchemy.orm", "mapped_column") if is_mapped else ("sqlmodel", "Field")
        imports, local = ensure_import(source, module, name, at=node)
        end = source.end(node.annotation)
        return [*imports, source.edit(end, end, f" = {local}(index=True)")]
    call = node.value
    if not isinstance(call, ast.Call):
        imports, local = ensure_import(source, "sqlmodel", "Field", at=node)
        start, end = source.start(call), source.end(call)
        default = source.data[start:end].decode()
        return [*imports, source.edit(start, end, f"{local}(default={default}, index=True)")]
    inner = next((k.value for k in call.keywords if k.arg == "sa_column"), None)
    if isinstance(inner, ast.Call):
        call = inner
    false = next((k for k in call.keywords if k.arg == "index"), None)
    if false is not None:
        return [source.edit(source.start(false.value), source.end(false.value), "True")]
    return [last_argument(source, call, "index=True")]


def asking(project: Project, model: Model) -> tuple[str, ...]:
    """The routes that ask for rows of a model: by them a proof sees that it still works."""
    found: dict[str, None] = {}
    for function in project.functions:
        if any(query.model == model.name for query in project.queries.direct(function)):
            reach = project.calls.reach(function)
            found.update(dict.fromkeys(route.name for route in reach.routes) if reach is not None else {})
    return tuple(found)
