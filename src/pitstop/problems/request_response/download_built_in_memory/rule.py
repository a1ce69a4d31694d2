"""Responses made of the bytes of a file that was read whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Reach, Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Attr, Await, Call, Const, Expr, Name, Seq
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import Site

if TYPE_CHECKING:
    from pitstop.project import Project

IMPACT = Impact(text="memory for one chunk instead of for the whole file, times the downloads in flight")
_RESPONSES = {"Response", "StreamingResponse"}
_WRAPPERS = {"io.BytesIO", "builtins.iter"}
_OPENERS = {"builtins.open", "io.open", "aiofiles.open", "anyio.open_file", "pathlib.Path.open"}
_BINARY = {"pathlib.Path.read_bytes", "anyio.Path.read_bytes"}


def find(project: Project) -> list[Finding]:
    """One finding for each response that holds a whole file."""
    found = []
    for function in project.functions:
        if project.calls.reach(function) is None:
            continue
        for site in function.calls:
            call = site.node
            assert isinstance(call, Call)
            name = project.types.type_of(call.func, function).name
            if name.rpartition(".")[2] not in _RESPONSES or not name.startswith(("fastapi.", "starlette.")):
                continue
            content = call.argument(0, "content")
            reach = project.calls.reach(function, site)
            if reach is None or content is None or not _is_whole_file(project, content, function):
                continue
            found.append(_finding(function, site, reach))
    return merge_places(found)


def _is_whole_file(project: Project, expr: Expr, function: FunctionInfo, depth: int = 0) -> bool:
    """Whether an expression is all of a file's bytes, as they are or wrapped to look like a stream."""
    if depth > 4:
        return False
    match expr:
        case Await():
            return _is_whole_file(project, expr.value, function, depth)
        case Name():
            values = function.bindings.get(expr.id, [])
            return len(values) == 1 and any(
                b.how == "value" and not b.index and _is_whole_file(project, b.value, function, depth + 1)
                for b in values
                if b.value is not None
            )
        case Seq():
            return len(expr.items) == 1 and _is_whole_file(project, expr.items[0], function, depth + 1)
        case Call():
            name = project.types.type_of(expr.func, function).name
            if name in _WRAPPERS and expr.args:
                return _is_whole_file(project, expr.args[0], function, depth + 1)
            return name in _BINARY or _reads_opened(project, expr, function)
        case _:
            return False


def _reads_opened(project: Project, call: Call, function: FunctionInfo) -> bool:
    """`file.read()` without a size, of what was opened for reading bytes."""
    if not isinstance(call.func, Attr) or call.func.attr != "read" or call.args:
        return False
    file = call.func.value
    opened: Expr | None = file
    if isinstance(file, Name):
        values = function.bindings.get(file.id, [])
        opened = values[0].value if len(values) == 1 else None
    if isinstance(opened, Await):
        opened = opened.value
    if not isinstance(opened, Call) or project.types.type_of(opened.func, function).name not in _OPENERS:
        return False
    name = project.types.type_of(opened.func, function).name
    path = None if name == "pathlib.Path.open" else opened.argument(0, "file")
    if isinstance(path, Const) or (isinstance(path, Name) and path.id not in function.bindings):
        # One file that the code names: an icon, a page.
        return False
    own = isinstance(opened.func, Attr) and opened.func.attr == "open" and len(opened.args) < 2
    mode = opened.argument(0 if own and opened.keyword("mode") is None and opened.args else 1, "mode")
    return isinstance(mode, Const) and isinstance(mode.value, str) and "b" in mode.value


def _finding(function: FunctionInfo, site: Site, reach: Reach) -> Finding:
    step = Step(function, site)
    confidence, severity, why = weigh(reach, (step,), "possible", "medium")
    return make(
        problem="download-built-in-memory",
        domain="request-response",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` reads a whole file into memory to send it",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        code="download",
        routes=route_names(reach),
        call_path=path_of(reach, (step,)),
        evidence=(
            SourceEvidence(
                text="the response holds all bytes of a file" + (f"; but {why}" if why else ""),
                locations=(function.at(site.node),),
            ),
        ),
        impact=IMPACT,
        fix_class="decide",
    )
