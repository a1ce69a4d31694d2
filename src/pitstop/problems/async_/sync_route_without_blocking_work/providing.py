"""Has classes made on the event loop: a coroutine of the class gives the object, and `Depends` names that."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.patching.rewrite import replace_expression
from pitstop.patching.statements import insert_after
from pitstop.problems.async_.sync_route_without_blocking_work.classes import made_in_threads
from pitstop.problems.async_.sync_route_without_blocking_work.rule import is_quick
from pitstop.problems.editing import open_source, twin_of
from pitstop.problems.layout import settle
from pitstop.project.facts import dotted
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.dependencies import Need
    from pitstop.project.injected import Injected
    from pitstop.project.model import Module

PROVIDE = "provide"
_TAKES_SELF = re.compile(r"from typing import (?:\([^)]*|[^\n(]*)\bSelf\b")


def provide(finding: Finding, project: Project) -> Patch:
    """A class method for each `__init__`, named wherever FastAPI is asked for such a class. Raises PatchError."""
    classes = made_in_threads(project, is_quick)
    _refuse(project, classes)
    sources: dict[str, Source] = {}
    edits: dict[str, list[Edit]] = defaultdict(list)

    def source_of(path: str) -> Source:
        return sources.setdefault(path, open_source(project, path))

    inits = {each.init.qualname: each.init for each in classes}
    needs = {key: need for each in classes for key, need in each.needs.items()}
    renamed: dict[str, dict[tuple[int, int], str]] = defaultdict(dict)
    for need in needs.values():
        path = _module(need).path
        start, end, text = _named(source_of(path), need)
        renamed[path][start, end] = text
    for init in inits.values():
        path = init.module.path
        edits[path] += _method(project, source_of(path), init, renamed[path])
    for path, spans in renamed.items():
        edits[path] += [source_of(path).edit(*span, text) for span, text in spans.items()]
    many = f"{len(classes)} classes" if len(classes) > 1 else classes[0].info.name
    patch = make_patch(
        finding,
        f"Make {many} without threads",
        tuple(settle(sources[path], made) for path, made in edits.items()),
        ("throughput", "cpu", "duration"),
        risk="Whatever is written into these `__init__` later runs on the event loop: what blocks there would stop everybody. A new parameter "
        f"of `__init__` is one of `{PROVIDE}` too.",
        validate="Answers are the same, and each takes less time.",
        rollback="pitstop undo",
    )
    return msgspec.structs.replace(patch, saves_alike=True)


def _refuse(project: Project, classes: list[Injected]) -> None:
    """Raise PatchError where something else hangs on the classes, or the name is taken."""
    names = "|".join(re.escape(each.info.name) for each in classes)
    replaced = re.compile(rf"dependency_overrides\[\s*(?:\w+\.)*({names})\s*\]")
    owners = {each.init.owner.qualname for each in classes if each.init.owner is not None}
    for module in project.index.by_path.values():
        if module.says("dependency_overrides") and (found := replaced.search(module.source.text)):
            raise PatchError(
                f"{module.path} puts something in the place of `{found[1]}` by `dependency_overrides`"
            )
    for each in classes:
        above = project.types.mro(each.info.qualname)
        if any(PROVIDE in cls.methods or PROVIDE in cls.attributes for cls in above):
            raise PatchError(f"`{each.info.name}.{PROVIDE}` means something else already")
        own = each.init.owner
        if own is not None and any(cls.qualname in owners for cls in project.types.mro(own.qualname)[1:]):
            raise PatchError(f"`{own.name}` and a class that it is derived from are made in two ways")


def _method(
    project: Project, source: Source, init: FunctionInfo, renamed: dict[tuple[int, int], str]
) -> list[Edit]:
    """The coroutine below `__init__`, which takes what that takes.

    What is `renamed` within the parameters is taken from there: nobody but Python reads them any more, so that `Annotated[X, Depends()]`
    becomes `X`.
    """
    definition = twin_of(source, ast.FunctionDef, init.node)
    given = definition.args
    if given.posonlyargs or given.vararg or given.kwarg or given.kwonlyargs or not given.args:
        raise PatchError(
            f"`__init__` of {source.path}:{definition.lineno} takes what no other function can be given as it is"
        )
    own, *others = given.args
    defaults = [None] * (len(given.args) - len(given.defaults)) + list(given.defaults)
    written, edits = ["cls"], []
    for each, default in zip(others, defaults[1:], strict=True):
        text = _with(source, each, renamed)
        if default is not None:
            text += f"{' = ' if each.annotation is not None else '='}{_with(source, default, renamed)}"
        written.append(text)
        bare = _bare(source, each.annotation, renamed)
        if bare is not None and each.annotation is not None:
            edits += replace_expression(source, each.annotation, bare)
    for span in [span for span in renamed if source.start(own) <= span[0] < source.start(definition.body[0])]:
        del renamed[span]
    arrow = ""
    if definition.returns is not None:
        imports, name = ensure_import(source, _home_of_self(project), "Self")
        edits += imports
        arrow = f" -> {name}"
    unit = source.indent_unit
    head = f"async def {PROVIDE}({', '.join(written)}){arrow}:"
    apart = "".join(f"{unit}{each},\n" for each in written)
    if source.line_of(source.start(own)) != source.line_of(source.own_start(definition)):
        head = f"async def {PROVIDE}(\n{apart}){arrow}:"
    called = ", ".join(each.arg for each in others)
    text = f"\n@classmethod\n{head}\n{unit}return cls({called})"
    return [*edits, *insert_after(source, definition, text)]


def _with(source: Source, node: ast.arg | ast.expr, renamed: dict[tuple[int, int], str]) -> str:
    """The text of a node with what is renamed in it."""
    first, last = source.start(node), source.end(node)
    text = source.data[first:last]
    for (start, end), new in sorted(renamed.items(), reverse=True):
        if first <= start and end <= last:
            text = text[: start - first] + new.encode() + text[end - first :]
    return text.decode()


def _bare(source: Source, annotation: ast.expr | None, renamed: dict[tuple[int, int], str]) -> str | None:
    """`X` of `Annotated[X, Depends()]`, where the latter is all that it says and is renamed."""
    if not isinstance(annotation, ast.Subscript) or not isinstance(annotation.slice, ast.Tuple):
        return None
    first, *rest = annotation.slice.elts
    is_all = len(rest) == 1 and (
        any(source.start(rest[0]) <= start and end <= source.end(rest[0]) for start, end in renamed)
    )
    return source.segment(first) if is_all else None


def _home_of_self(project: Project) -> str:
    """`typing` where the project takes it from there already; FastAPI brings the other one along."""
    takes = any(m.says("Self") and _TAKES_SELF.search(m.source.text) for m in project.index.by_path.values())
    return "typing" if takes else "typing_extensions"


def _module(need: Need) -> Module:
    return need.scope.module if isinstance(need.scope, FunctionInfo) else need.scope


def _named(source: Source, need: Need) -> tuple[int, int, str]:
    """`Depends()` and `Depends(Cls)` as `Depends(Cls.provide)`: what is replaced, and by what."""
    call = twin_of(source, ast.Call, need.node)
    if call.keywords or len(call.args) > 1 or source.segment(call.func).rpartition(".")[2] != "Depends":
        raise PatchError(
            f"{source.path}:{call.lineno}: `{source.segment(call)}` says more than what the dependency is"
        )
    if call.args:
        given = call.args[0]
        return source.start(given), source.end(given), f"{source.segment(given)}.{PROVIDE}"
    asked = dotted(need.provider)
    if not asked:
        raise PatchError(f"{source.path}:{call.lineno}: the class is not named there")
    return source.start(call), source.end(call), f"{source.segment(call.func)}({asked}.{PROVIDE})"
