"""A local coroutine function of which few run at once, with the annotations that its surroundings tell."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Function, Source
from pitstop.problems.editing import free_name
from pitstop.project.facts import For, Generator, Name

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_LISTS = {"list", "List", "set", "Set", "frozenset", "Sequence", "Iterable", "Collection"}


def around(source: Source, node: ast.AST) -> ast.AsyncFunctionDef:
    """The coroutine function that a node stands in. Raises PatchError."""
    found = next((p for p in source.parents(node) if isinstance(p, Function | ast.Lambda)), None)
    if not isinstance(found, ast.AsyncFunctionDef):
        raise PatchError("it stands in no coroutine function")
    return found


def of_asyncio(source: Source, name: str, at: ast.AST) -> tuple[list[Edit], str]:
    """The edits of the import, and how something of asyncio is called: by its module, unless the file imports names of it."""
    named = [
        s for s in source.tree.body if isinstance(s, ast.ImportFrom) and s.module == "asyncio" and not s.level
    ]
    whole = any(
        isinstance(s, ast.Import) and any(each.name == "asyncio" for each in s.names)
        for s in source.tree.body
    )
    if named and not whole:
        return ensure_import(source, "asyncio", name, at=at)
    imports, asyncio = ensure_import(source, "asyncio", at=at)
    return imports, f"{asyncio}.{name}"


def semaphore(source: Source, node: ast.AST, number: int) -> tuple[list[Edit], str, str]:
    """The edits of the import, the semaphore's name, and the statement that makes it."""
    imports, kind = of_asyncio(source, "Semaphore", node)
    name = free_name(source, node, "semaphore", "few_at_once")
    return imports, name, f"{name} = {kind}({number})"


def names_in(target: ast.expr) -> list[str]:
    """The names that the target of a loop binds, in order. Raises PatchError where it binds anything else."""
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    names = [part.id for part in parts if isinstance(part, ast.Name)]
    if len(names) != len(parts):
        raise PatchError("the loop's target is more than names")
    return names


def signature(name: str, parameters: Iterable[tuple[str, str]], returns: str) -> str:
    """`async def name(a: int) -> str:`; annotations that are empty are left out."""
    given = ", ".join(f"{each}: {kind}" if kind else each for each, kind in parameters)
    return f"async def {name}({given}){f' -> {returns}' if returns else ''}:"


def is_annotated(function: ast.AsyncFunctionDef) -> bool:
    """Whether a function says what it takes or gives, so that one within it should."""
    arguments = (*function.args.args, *function.args.kwonlyargs)
    return function.returns is not None or any(a.annotation is not None for a in arguments)


def element_type(
    project: Project, function: FunctionInfo, source: Source, loop: For | Generator, iterable: ast.expr
) -> str:
    """How the one name of a loop's target would be annotated here; empty where that is not told."""
    outer = around(source, iterable)
    if not is_annotated(outer) or not isinstance(loop.target, Name):
        return ""
    if isinstance(iterable, ast.Name):
        for argument in (*outer.args.args, *outer.args.kwonlyargs):
            if argument.arg == iterable.id and argument.annotation is not None:
                item = item_of(source, argument.annotation)
                if item:
                    return item
    found = project.types.type_of(loop.target, function)
    source_type = project.types.type_of(loop.iter, function).name
    if found.kind != "instance" or source_type not in {"list", "set", "frozenset"}:
        # The items of a tuple may be of several types.
        return ""
    last = found.name.rpartition(".")[2]
    if found.name in {"str", "int", "float", "bool", "bytes"}:
        return found.name
    known = project.index.member(function.module, last)
    is_class = known is not None and known.how == "class" and known.target == found.name
    return last if is_class else ""


def item_of(source: Source, annotation: ast.expr) -> str:
    """`T` of `list[T]` and its like; empty for what is none."""
    if isinstance(annotation, ast.Subscript):
        kind = annotation.value
        name = kind.attr if isinstance(kind, ast.Attribute) else kind.id if isinstance(kind, ast.Name) else ""
        if name in _LISTS and not isinstance(annotation.slice, ast.Tuple):
            return source.segment(annotation.slice)
    return ""


def pair_of(source: Source, annotation: ast.expr) -> str:
    """`tuple[K, V]` of `dict[K, V]`; empty for what is none."""
    if (
        isinstance(annotation, ast.Subscript)
        and isinstance(annotation.value, ast.Name)
        and annotation.value.id == "dict"
        and isinstance(annotation.slice, ast.Tuple)
    ):
        return f"tuple[{', '.join(source.segment(each) for each in annotation.slice.elts)}]"
    return ""
