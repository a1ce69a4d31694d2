"""Writes middleware as pure ASGI, where all that it does has a place there."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Source
from pitstop.problems.behind import lightest
from pitstop.problems.editing import open_source, without_dead_import
from pitstop.problems.layout import settle
from pitstop.problems.middleware.base_http_middleware.limits import REQUEST
from pitstop.problems.middleware.base_http_middleware.rule import matches
from pitstop.problems.middleware.base_http_middleware.translation import Translated, translate

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.middleware import Middleware
    from pitstop.project.model import FunctionInfo, Module

_DEPTH = 4
_LINT = re.compile(r":[ \t]*#[ \t]*(?:type: ignore|pyright: ignore|noqa)\b[^\n]*")
"""What is said to a linter of a function that nobody seems to call."""
_ASGI_APP = re.compile(r"(?<![\w.])ASGIApp\b")


def propose(finding: Finding, project: Project) -> Patch:
    """The middleware of an app as pure ASGI, those that can be written so. Raises PatchError."""
    added = next((added for found, added in matches(project) if found.id == finding.id), [])
    sources: dict[str, Source] = {}
    edits: dict[str, list[Edit]] = {}
    done: list[str] = []
    reasons: list[str] = []
    wanted: dict[str, list[Translated]] = {}
    for function in dict.fromkeys(m.function for m in added):
        middleware = next(m for m in added if m.function is function)
        try:
            if function is None:
                raise PatchError("it is not the project's own")
            path = function.module.path
            source = sources.setdefault(path, open_source(project, path))
            edit, made = _rewritten(project, source, middleware, function)
            _imports(source, [*wanted.get(path, ()), made])
            edits.setdefault(path, []).append(edit)
            wanted.setdefault(path, []).append(made)
            done.append(middleware.last_name)
        except PatchError as error:
            reasons.append(f"`{middleware.last_name}`: {error.message}")
    if not done:
        raise PatchError("; ".join(reasons))
    names = ", ".join(done)
    return make_patch(
        finding,
        f"Write {names} as pure ASGI",
        [
            _finished(sources[path], [*own, *_imports(sources[path], wanted[path])])
            for path, own in edits.items()
        ],
        ("cpu", "duration", "throughput"),
        routes=lightest(project, {m.app for m in added}),
        risk="Context variables that the endpoint sets are seen by what is around it, and errors that come while a body is sent or a background task runs "
        "pass through the middleware now." + (f" Left as they are: {'; '.join(reasons)}." if reasons else ""),
        validate="Answers and their headers are the same, also of requests that are refused or fail.",
        rollback="pitstop undo",
    )


def _finished(source: Source, edits: list[Edit]) -> FileChange:
    names = ("BaseHTTPMiddleware", "RequestResponseEndpoint", "Request", "Response")
    return without_dead_import(settle(source, edits), *names, "Callable", "Awaitable")


def _rewritten(
    project: Project, source: Source, middleware: Middleware, function: FunctionInfo
) -> tuple[Edit, Translated]:
    node = next(
        (
            n
            for n in ast.walk(source.tree)
            if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
            and n.lineno == function.node.span[0]
            and n.name == function.name
        ),
        None,
    )
    if not isinstance(node, ast.AsyncFunctionDef):
        raise PatchError("it is no coroutine function")
    owner = next(source.parents(node))
    if isinstance(owner, ast.ClassDef):
        statement: ast.stmt = owner
        text = _of_class(project, source, middleware, owner)
        end = ""
    else:
        statement = node
        text, end = _of_function(project, source, node, function.module)
    if not source.begins_line(statement):
        raise PatchError("it shares its line with other code")
    made = translate(text, unit=source.indent_unit)
    for call in made.handed:
        _refuse_reading(project, function.module, call, made.request)
    first = source.line_of(source.start(statement))
    start, stop = source.line_start(first), source.end(statement)
    put = _indented(made.text.rstrip("\n") + end, source.indentation(statement), source.newline)
    if made.uses_request and made.request_type:
        _refuse_types_only(source, made.request_type)
    return source.edit(start, stop, put), made


def _refuse_types_only(source: Source, name: str) -> None:
    """Raise where the class of the request is there for type checkers only."""
    root = name.partition(".")[0]
    for statement in source.tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom) and any(
            (each.asname or each.name).partition(".")[0] == root for each in statement.names
        ):
            return
    raise PatchError(f"`{name}` is not imported where its module is loaded")


def _imports(source: Source, made: list[Translated]) -> list[Edit]:
    edits: list[Edit] = []
    if any(each.uses_headers for each in made):
        edits += _import(source, "starlette.datastructures", "MutableHeaders")
    known = any(
        isinstance(s, ast.ImportFrom)
        and s.module in {"fastapi", "fastapi.requests", "starlette.requests"}
        and any(each.name == "Request" and each.asname is None for each in s.names)
        for s in source.tree.body
    )
    if not known and any(each.uses_request and not each.request_type for each in made):
        edits += _import(source, "starlette.requests", "Request")
    # an `__init__` of the class's own may name no type for the app
    app = ["ASGIApp"] if any(_ASGI_APP.search(each.text) for each in made) else []
    message = ["Message"] if any(each.uses_message for each in made) else []
    return edits + _import_all(source, [*app, *message, "Receive", "Scope", "Send"])


def _import(source: Source, module: str, name: str) -> list[Edit]:
    edits, local = ensure_import(source, module, name)
    if local != name:
        raise PatchError(f"`{name}` means something else in its module")
    return edits


def _import_all(source: Source, names: list[str]) -> list[Edit]:
    """Several names of `starlette.types` by one line."""
    missing = [name for name in names if _import(source, "starlette.types", name)]
    if not missing:
        return []
    if len(missing) < len(names):
        return [edit for name in missing for edit in _import(source, "starlette.types", name)]
    (edit,) = _import(source, "starlette.types", names[0])
    return [
        source.edit(
            edit.start, edit.end, edit.text.replace(f"import {names[0]}", f"import {', '.join(names)}")
        )
    ]


# --- a class ---------------------------------------------------------------------------------------------------------


def _of_class(project: Project, source: Source, middleware: Middleware, cls: ast.ClassDef) -> str:
    name = cls.name
    if middleware.name not in project.index.classes:
        raise PatchError("its class is not known")
    for other in project.index.classes.values():
        if other.qualname != middleware.name and any(
            each.qualname == middleware.name for each in project.types.mro(other.qualname)
        ):
            raise PatchError(f"`{other.name}` is derived from it")
    for module in project.index.by_path.values():
        if ".dispatch(" in module.source.text and name in module.source.text:
            raise PatchError(f"{module.path} calls its `dispatch`")
    if any(keyword.name == "dispatch" for keyword in middleware.node.keywords):
        raise PatchError("it is given its `dispatch` where it is added")
    return _dedented(source, cls)


def _dedented(source: Source, node: ast.stmt) -> str:
    """The lines of a statement at no indentation."""
    indent = source.indentation(node)
    first, last = source.line_of(source.start(node)), source.line_of(source.end(node))
    lines = [source.line(n).decode() for n in range(first, last + 1)]
    kept = {n - first for n in source.string_lines - _docstrings(source)}
    return "".join(
        (line if place in kept else line.removeprefix(indent)) + "\n" for place, line in enumerate(lines)
    )


def _indented(text: str, indent: str, newline: str) -> str:
    inner = Source("<class>", text)
    kept = inner.string_lines - _docstrings(inner)
    lines = [
        line if not line.strip() or number in kept else indent + line
        for number, line in enumerate(text.split("\n"), 1)
    ]
    return newline.join(lines)


def _docstrings(source: Source) -> set[int]:
    """The lines of docstrings, which go with the code that they are about."""
    found: set[int] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            found.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return found


# --- a function under `@app.middleware` ------------------------------------------------------------------------------


def _of_function(
    project: Project, source: Source, node: ast.AsyncFunctionDef, module: Module
) -> tuple[str, str]:
    """The function as the `dispatch` of a class, and the line that adds the class."""
    call = node.decorator_list[0] if len(node.decorator_list) == 1 else None
    if (
        not isinstance(call, ast.Call)
        or not isinstance(call.func, ast.Attribute)
        or call.func.attr != "middleware"
        or len(call.args) != 1
    ):
        raise PatchError("it is not added by `@app.middleware` alone")
    uses = [n for n in ast.walk(source.tree) if isinstance(n, ast.Name) and n.id == node.name]
    taken = any(
        b.how == "import" and b.target == f"{module.name}.{node.name}"
        for other in project.index.by_path.values()
        for bindings in other.bindings.values()
        for b in bindings
    )
    if uses or taken:
        raise PatchError("its function is used elsewhere too")
    if any(isinstance(n, ast.Name) and n.id == "self" for n in ast.walk(node)):
        raise PatchError("it uses the `self` of the method that it is written in")
    words = [word for word in node.name.split("_") if word]
    name = "".join(word[:1].upper() + word[1:] for word in words)
    name += "" if words[-1] == "middleware" else "Middleware"
    if (
        any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(source.tree))
        or name in module.bindings
    ):
        raise PatchError(f"`{name}`, as which it could be written, means something else already")
    lines = _dedented(source, node).split("\n")
    head = node.lineno - source.line_of(source.start(node))
    inner = "\n".join(lines[head:])
    opening = inner.index("(") + 1
    inner = _LINT.sub(":", "async def dispatch(self, " + inner[opening:].lstrip(), count=1)
    unit = source.indent_unit
    body = _indented(inner, unit, "\n")
    blank = "\n\n\n" if not source.indentation(node) else "\n\n"
    return f"class {name}:\n{body}", f"{blank}{source.segment(call.func.value)}.add_middleware({name})"


# --- what is given the request ---------------------------------------------------------------------------------------


def _refuse_reading(project: Project, module: Module, call: ast.Call, name: str, depth: int = 0) -> None:
    """Raise where a function that is given the request may read its body."""
    found = project.index.member(module, call.func.id) if isinstance(call.func, ast.Name) else None
    function = (
        project.index.functions.get(found.target) if found is not None and found.how == "function" else None
    )
    shown = ast.unparse(call.func)
    if function is None or depth > _DEPTH:
        raise PatchError(f"`{shown}` is given the request, and may read its body")
    tree = Source(function.module.path, function.module.source.text).tree
    node = next(
        n
        for n in ast.walk(tree)
        if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
        and n.lineno == function.node.span[0]
        and n.name == function.name
    )
    place = next(n for n, a in enumerate(call.args) if isinstance(a, ast.Name) and a.id == name)
    if place >= len(node.args.args):
        raise PatchError(f"`{shown}` is given the request, and may read its body")
    given = node.args.args[place].arg
    parents = {child: parent for parent in ast.walk(node) for child in ast.iter_child_nodes(parent)}
    for each in ast.walk(node):
        if not isinstance(each, ast.Name) or each.id != given:
            continue
        parent = parents[each]
        if isinstance(parent, ast.Attribute) and parent.attr in REQUEST:
            continue
        if isinstance(parent, ast.Call) and each in parent.args:
            _refuse_reading(project, function.module, parent, given, depth + 1)
            continue
        raise PatchError(f"`{shown}` is given the request, and may read its body")
