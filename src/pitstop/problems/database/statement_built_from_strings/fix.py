"""Hands values over beside the statement: bound parameters where an f-string writes them into it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.python import Function, Source
from pitstop.patching.rewrite import last_argument
from pitstop.problems.database.statement_built_from_strings.values import bind
from pitstop.problems.editing import open_source, twin_of
from pitstop.problems.layout import settle
from pitstop.project.facts import Call, Format

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_TAKES_VALUES = {"execute", "scalar", "scalars", "stream", "stream_scalars"}


def propose(finding: Finding, project: Project) -> Patch:
    """The statement with bound parameters. Raises PatchError."""
    if finding.places:
        raise PatchError("several statements are put together alike, and would have to change together")
    function = project.index.functions[finding.location.symbol]
    source = open_source(project, finding.location.path)
    call, built = _statement(project, function, source, finding)
    light = next(
        (
            s.node
            for s in function.sites
            if isinstance(s.node, Format) and twin_of(source, ast.JoinedStr, s.node) is built
        ),
        None,
    )
    if not isinstance(light, Format):
        raise PatchError("the text of the statement is not there any more")
    text, values = bind(project, function, source, built, light)
    edits = [source.edit(source.start(built), source.end(built), text), *_handed(source, call, values)]
    return make_patch(
        finding,
        f"Bind the values of the statement in {function.name}",
        (settle(source, edits),),
        (),
        risk="A bound value is a value and nothing else: what used to be read as SQL is text now. Its type has to fit what it is compared with.",
        validate="Measure again: the place sends one text. Send a value with a quotation mark in it, and look that the answer is right.",
        rollback="pitstop undo",
    )


def _statement(
    project: Project, function: FunctionInfo, source: Source, finding: Finding
) -> tuple[ast.Call, ast.JoinedStr]:
    """The call of `text`, and the f-string that it is given. Raises PatchError."""
    there = source.function(finding.location.line, finding.location.column)
    found: list[tuple[ast.Call, ast.JoinedStr]] = []
    for site in function.calls:
        light = site.node
        assert isinstance(light, Call)
        if project.types.type_of(light.func, function).name != "sqlalchemy.text" or len(light.args) != 1:
            continue
        call = twin_of(source, ast.Call, light)
        given = call.args[0] if call.args else None
        built = _assigned(source, there, given) if isinstance(given, ast.Name) else given
        if isinstance(built, ast.JoinedStr):
            found.append((call, built))
    if not found:
        raise PatchError(
            "the statement is no f-string that SQLAlchemy's `text` is given: how its driver takes values has to be looked up"
        )
    if len(found) > 1:
        start = source.offset(finding.location.line, finding.location.column)
        end = source.offset(finding.location.end_line, finding.location.end_column)
        found = [each for each in found if start <= source.start(each[0]) < end]
    if len(found) != 1:
        raise PatchError("several statements are put together in the function")
    return found[0]


def _assigned(source: Source, function: Function, name: ast.Name) -> ast.expr:
    """What a name of the function is: set once, of names that do not change afterwards. Raises PatchError."""
    stored = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name.id and n is not name]
    if len(stored) == 1 and isinstance(stored[0].ctx, ast.Store):
        statement = source.statement(stored[0])
        if isinstance(statement, ast.Assign) and statement.targets == stored:
            used = {n.id for n in ast.walk(statement.value) if isinstance(n, ast.Name)}
            later = {
                n.id
                for n in ast.walk(function)
                if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store) and n.lineno > statement.lineno
            }
            if not used & later:
                return statement.value
    raise PatchError(f"`{name.id}` is put together in several steps")


def _handed(source: Source, call: ast.Call, values: dict[str, str]) -> list[Edit]:
    """The values beside the statement: for the call that sends it, or bound to it."""
    around = next(source.parents(call))
    sends = (
        isinstance(around, ast.Call)
        and isinstance(around.func, ast.Attribute)
        and around.func.attr in _TAKES_VALUES
        and around.args == [call]
        and not around.keywords
    )
    if sends and isinstance(around, ast.Call):
        quote = source.quote
        items = ", ".join(f"{quote}{name}{quote}: {value}" for name, value in values.items())
        return [last_argument(source, around, f"{{{items}}}")]
    end = source.end(call)
    return [
        source.edit(
            end, end, f".bindparams({', '.join(f'{name}={value}' for name, value in values.items())})"
        )
    ]
