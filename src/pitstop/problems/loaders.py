"""Loader options of queries, edited."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.problems.editing import twin_of

if TYPE_CHECKING:
    from pitstop.project.eager import Eager


def add_option(source: Source, origin: ast.Call, option: str) -> list[Edit]:
    """A loader option of the query that begins with `select(...)` at `origin`: beside those that it has, or right behind it."""
    given = _options(source, origin)
    if given is not None and given.args and not given.keywords:
        last = source.end(given.args[-1])
        return [source.edit(last, last, f", {option}")]
    end = source.end(origin)
    gap = re.match(r"(\r?\n[ \t]*)\.", source.data[end:].decode())
    return [source.edit(end, end, f"{gap[1] if gap else ''}.options({option})")]


def _options(source: Source, origin: ast.Call) -> ast.Call | None:
    """The `.options(...)` that the query has already."""
    found: ast.AST = origin
    for parent in source.parents(origin):
        if isinstance(parent, ast.Attribute) and parent.value is found:
            found = parent
        elif isinstance(parent, ast.Call) and parent.func is found:
            if isinstance(parent.func, ast.Attribute) and parent.func.attr == "options":
                return parent
            found = parent
        else:
            return None
    return None


def load_apart(source: Source, option: Eager) -> list[Edit]:
    """`selectinload` for the last step of a path; those before it stay as they are. Raises PatchError."""
    argument = twin_of(source, ast.expr, option.node)
    call = next(source.parents(argument))
    if not isinstance(call, ast.Call) or argument not in call.args:
        raise PatchError(
            f"{source.path}:{argument.lineno}: the loader option is written in a way that cannot be edited"
        )
    if len(call.args) > 1:
        raise PatchError(
            f"{source.path}:{argument.lineno}: the loader option is for more than one relationship"
        )
    func = call.func
    if isinstance(func, ast.Name):
        imports, local = ensure_import(source, "sqlalchemy.orm", "selectinload", at=call)
        return [*imports, source.edit(source.start(func), source.end(func), local)]
    assert isinstance(func, ast.Attribute)
    end = source.end(func)
    return [source.edit(end - len("joinedload"), end, "selectinload")]
