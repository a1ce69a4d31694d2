"""Imports that nothing needs any more, taken out."""

from __future__ import annotations

import ast
import re

from pitstop.patching.edits import Edit
from pitstop.patching.imports import ImportStatement
from pitstop.patching.python import Finder, Source


def remove_dead_import(source: Source, local: str) -> list[Edit]:
    """The edits that take out the import of `local` if nothing in the file uses it; none otherwise.

    A use is any mention outside of imports, in an annotation's or any other string too. The `__init__` of a package, and
    imports marked `noqa` or inside of a block, are left alone: others may import the name from here.
    """
    if source.path.endswith("__init__.py"):
        return []
    word = re.compile(rf"\b{re.escape(local)}\b")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and node.id == local:
            return []
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and word.search(node.value):
            return []
    for statement in source.tree.body:
        if isinstance(statement, ImportStatement):
            for place, each in enumerate(statement.names):
                if (each.asname or each.name).partition(".")[0] == local:
                    return _without(source, statement, place)
    return []


def _without(source: Source, statement: ImportStatement, place: int) -> list[Edit]:
    names = statement.names
    start, end = source.start(names[place]), source.end(names[place])
    if b"noqa" in source.line(names[place].lineno):
        return []
    if len(names) == 1:
        if (
            not source.begins_line(statement)
            or source.data[source.end(statement) :].lstrip(b" \t")[:1] == b";"
        ):
            return []
        first = source.line_start(statement.lineno)
        last = source.line_start(source.line_of(source.end(statement)) + 1)
        return source.checked(
            [source.edit(first, last, "")], lambda tree, twin: tree.body.remove(twin(statement))
        )

    def intend(_tree: ast.Module, twin: Finder) -> None:
        del twin(statement).names[place]

    line = names[place].lineno
    alone = source.begins_line(names[place]) and [each.lineno for each in names].count(line) == 1
    comma = re.compile(rb"[ \t]*,").match(source.data, end)
    if alone and line != statement.lineno and (comma or place == 0):
        edit = source.edit(source.line_start(line), source.line_start(line + 1), "")
    elif place < len(names) - 1:
        edit = source.edit(start, source.start(names[place + 1]), "")
    else:
        edit = source.edit(source.end(names[place - 1]), end, "")
    return source.checked([edit], intend)
