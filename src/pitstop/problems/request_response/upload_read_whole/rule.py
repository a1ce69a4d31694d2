"""`await file.read()` of an upload whose size nobody has looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Reach, Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Attr, Aug, Call, Const, Expr, For, If, Name, Op, Raise, dotted
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import Site, walk

if TYPE_CHECKING:
    from pitstop.project import Project

IMPACT = Impact(text="memory for one chunk instead of for the whole upload, times the uploads in flight")
_UPLOADS = {"fastapi.UploadFile", "fastapi.datastructures.UploadFile", "starlette.datastructures.UploadFile"}
_SIZES = {"size", "content_length", "max_body_size"}


def find(project: Project) -> list[Finding]:
    """One finding for each upload that is read without a limit."""
    if _limits_bodies(project):
        return []
    found = []
    for function in project.functions:
        for site in function.calls:
            call = site.node
            assert isinstance(call, Call)
            if not _reads_all(call) or not _is_upload(project, call, function):
                continue
            reach = project.calls.reach(function, site)
            if reach is None or _is_sized(function) or _is_sized_before(project, reach):
                continue
            checked = _is_handed_out(project, function, site)
            found.append(_finding(function, site, reach, checked=checked))
    return merge_places(found)


def _reads_all(call: Call) -> bool:
    if not isinstance(call.func, Attr) or call.func.attr != "read":
        return False
    size = call.argument(0, "size")
    return size is None or (isinstance(size, Const) and size.value == -1)


def _is_upload(project: Project, call: Call, function: FunctionInfo) -> bool:
    """Whether what is read is an upload, or the file inside of one."""
    assert isinstance(call.func, Attr)
    value: Expr = call.func.value
    if isinstance(value, Attr) and value.attr == "file":
        value = value.value
    return project.types.type_of(value, function).name in _UPLOADS


def _is_sized(function: FunctionInfo) -> bool:
    """Whether the function asks for a size that is known without reading: of the upload, or by the header."""
    for site in function.sites:
        node = site.node
        if isinstance(node, Attr) and node.attr in _SIZES:
            return True
        if isinstance(node, Const) and isinstance(node.value, str) and node.value.lower() == "content-length":
            return True
    return any(isinstance(s, For) and _counts(s) for s in function.statements)


def _counts(loop: For) -> bool:
    """Whether a loop adds up and ends in an error where it is too much: `size += len(chunk)`, then `if size > most: raise`."""
    inside = list(walk(loop.body))
    added = {s.target.id for s in inside if isinstance(s, Aug) and isinstance(s.target, Name)}
    tests = (s.test for s in inside if isinstance(s, If) and any(isinstance(e, Raise) for e in walk(s.body)))
    return any(
        isinstance(test, Op) and any(isinstance(o, Name) and o.id in added for o in test.operands)
        for test in tests
    )


def _is_sized_before(project: Project, reach: Reach) -> bool:
    """Whether what runs before, on the way or as a dependency of each route, looks at the size, itself or by what it calls."""
    if any(_asks_for_size(project, step.function) for step in reach.path):
        return True
    return all(any(_asks_for_size(project, d) for d in route.dependencies) for route in reach.routes)


def _asks_for_size(project: Project, function: FunctionInfo) -> bool:
    return _is_sized(function) or any(_is_sized(edge.target) for edge in project.calls.edges(function))


def _limits_bodies(project: Project) -> bool:
    """Whether a middleware, or the app itself, limits bodies."""
    for router in project.routes.apps:
        if router.call is not None and router.call.keyword("max_body_size") is not None:
            return True
    return any(
        _is_sized(route.function)
        or "limit"
        in dotted(route.decorator.args[0] if route.decorator and route.decorator.args else None).lower()
        for route in project.routes.all
        if route.kind == "middleware"
    )


def _is_handed_out(project: Project, function: FunctionInfo, site: Site) -> bool:
    """Whether a call into another package, or of something unknown, got the upload before it is read."""
    assert isinstance(site.node, Call)
    assert isinstance(site.node.func, Attr)
    upload = dotted(site.node.func.value)
    return any(
        isinstance(before.node, Call)
        and before.node.at < site.node.at
        and any(isinstance(a, Name) and a.id == upload for a in before.node.args)
        and not project.calls.targets(before.node, function)
        and not _is_builtin(project, before.node, function)
        for before in function.calls
    )


def _is_builtin(project: Project, call: Call, function: FunctionInfo) -> bool:
    return project.calls.external_name(call, function).startswith("builtins.")


def _finding(function: FunctionInfo, site: Site, reach: Reach, *, checked: bool) -> Finding:
    step = Step(function, site)
    doubts = ["another package was given the upload before, and may look at its size"] if checked else []
    confidence, severity, why = weigh(reach, (step,), "likely", "medium", doubts=doubts)
    return make(
        problem="upload-read-whole",
        domain="request-response",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` reads the whole upload into memory, whatever its size",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        code="read",
        routes=route_names(reach),
        call_path=path_of(reach, (step,)),
        evidence=(
            SourceEvidence(
                text="`read()` without a size, and no look at the size before"
                + (f"; but {why}" if why else ""),
                locations=(function.at(site.node),),
            ),
        ),
        impact=IMPACT,
        fix_class="proved",
    )
