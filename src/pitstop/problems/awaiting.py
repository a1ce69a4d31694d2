"""A plain call of httpx as one of an asynchronous client that the service keeps: `httpx.get(url)` as `await client.get(url)`."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.imports import ensure_import
from pitstop.patching.parameters import add_parameter
from pitstop.patching.python import Function, Source
from pitstop.patching.rewrite import await_instead, last_argument
from pitstop.patching.statements import insert_after
from pitstop.problems.clients import (
    Given,
    built_for,
    given_clients,
    handed_over,
    held_in_state,
    is_touched,
)
from pitstop.problems.editing import written_name
from pitstop.problems.handlers import only_fastapi_calls, only_fastapi_makes
from pitstop.project.dependencies import provider_of
from pitstop.project.facts import Attr, Call, Const, Dict, Expr, Format, Name, Op, Seq, dotted
from pitstop.project.imports import imported, is_test
from pitstop.project.inference import self_assignments
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.data import Location
    from pitstop.project import Project
    from pitstop.project.inference import Scope

_CLIENT = "httpx.AsyncClient"
_CALLS = {f"httpx.{name}" for name in ("delete", "get", "head", "options", "patch", "post", "put", "request")}
_SETTINGS = {"base_url", "limits", "timeout"}
"""What a shared client may be built with. All else goes out with each of its requests, or is otherwise than for a plain call."""
_ARGUMENTS = {"auth", "content", "data", "follow_redirects", "headers", "json", "params", "timeout"}
"""What a request of a client takes and does as the plain call; cookies of one request it would keep for the next."""
_USUAL = 5
"""Seconds that httpx waits where nobody says how long (HTTPX documentation, timeouts)."""
_NAMES = ("client", "http_client", "http")


def await_client(project: Project, source: Source, call: ast.Call, location: Location) -> list[Edit] | None:
    """The call as an awaited one of the shared client that FastAPI gives the function or its object.

    None where there is no such client, where it asks in another way than the plain call does, and where it cannot be reached.
    """
    function = project.index.functions.get(location.symbol)
    if function is None or not function.is_async or not _is_plain(project, function, call):
        return None
    try:
        return _through_client(project, source, function, call)
    except PatchError:
        # A thread needs less of what is around the call.
        return None


def _through_client(
    project: Project, source: Source, function: FunctionInfo, call: ast.Call
) -> list[Edit] | None:
    name, provider = handed_over(project, function, _CLIENT)
    if name:
        return _awaited(project, source, function, call, name, provider)
    taker, node, this = _taker(source, function, call)
    found = []
    by_provider: dict[str, Given] = {}
    for given in given_clients(project, _CLIENT):
        by_provider.setdefault(given.provider.qualname, given)
    for given in by_provider.values():
        name = _named(project, taker, node, given)
        edits = _awaited(project, source, function, call, f"{this}{name}", given.provider)
        if edits is not None:
            more = _parameter(project, source, taker, node, call, given, name)
            found.append([*more, *(_kept(source, taker, node, name) if this else ()), *edits])
    return found[0] if len(found) == 1 else None


def _taker(source: Source, function: FunctionInfo, call: ast.Call) -> tuple[FunctionInfo, Function, str]:
    """What FastAPI would give a client to, for a function: itself, or the `__init__` of its object, of which it then is an attribute."""
    node = next(p for p in source.parents(call) if isinstance(p, Function))
    init = function.owner.methods.get("__init__") if function.owner is not None else None
    if init is None or function.node.decorators or not function.node.parameters:
        return function, node, ""
    made = next(n for n in ast.walk(source.tree) if isinstance(n, Function) and n.lineno == init.node.line)
    return init, made, f"{function.node.parameters[0].name}."


def _kept(source: Source, init: FunctionInfo, node: Function, name: str) -> list[Edit]:
    """`self.client = client`, below what is kept like that already. Raises PatchError where the object has something of the name."""
    assert init.owner is not None
    this = node.args.args[0].arg
    kept = [
        s for s in node.body if isinstance(s, ast.Assign) and ast.unparse(s.targets[0]).startswith(f"{this}.")
    ]
    if not kept or name in {*init.owner.methods, *init.owner.attributes, *self_assignments(init)}:
        raise PatchError(f"`{this}.{name}` cannot be set in `{init.qualname}`")
    return insert_after(source, kept[-1], f"{this}.{name} = {name}")


def _is_plain(project: Project, function: FunctionInfo, call: ast.Call) -> bool:
    """Whether it is a function of httpx that is called, with nothing that a client would treat in another way."""
    light = _light(function, call)
    name = project.types.type_of(light.func, function).name
    if name not in _CALLS or not isinstance(call.func, ast.Attribute):
        return False
    takes = 2 if name == "httpx.request" else 1
    if any(k.name not in _ARGUMENTS for k in light.keywords) or len(light.args) != takes:
        return False
    content, data, auth = (light.keyword(each) for each in ("content", "data", "auth"))
    return (
        (content is None or _is_whole(project, function, content))
        and (data is None or isinstance(data, Dict))
        and (auth is None or (isinstance(auth, Seq) and auth.kind == "Tuple"))
        and not _is_closed(function, light)
    )


def _is_whole(project: Project, function: FunctionInfo, content: Expr) -> bool:
    """Whether a body is text or bytes: a client that awaits does not go through plain iterators and files."""
    return isinstance(content, (Const, Format)) or project.types.type_of(content, function).name in {
        "str",
        "bytes",
    }


def _is_closed(function: FunctionInfo, call: Call) -> bool:
    """Whether the answer is closed by hand, which that of an asynchronous client cannot be."""
    names = {name for name, bound in function.bindings.items() if any(b.value is call for b in bound)}
    return any(
        isinstance(site.node, Attr) and site.node.attr == "close" and dotted(site.node.value) in names
        for site in function.sites
    )


def _light(function: FunctionInfo, call: ast.Call) -> Call:
    wanted = (call.lineno, call.col_offset, call.end_lineno, call.end_col_offset)
    return next(s.node for s in function.calls if isinstance(s.node, Call) and s.node.span == wanted)


def _awaited(
    project: Project,
    source: Source,
    function: FunctionInfo,
    call: ast.Call,
    client: str,
    provider: FunctionInfo | None,
) -> list[Edit] | None:
    """The call through `client`; None unless the client that was built asks as the plain call does."""
    found = built_for(project, provider, _CLIENT) if provider is not None else None
    if found is None or provider is function or is_touched(project, _CLIENT):
        return None
    scope, built = found
    if built.args or any(k.name not in _SETTINGS for k in built.keywords):
        return None
    light = _light(function, call)
    base = built.keyword("base_url")
    if base is not None:
        # An address that names its server is asked as it is. One that does not would be asked of the client's own, and may be a
        # stranger's word.
        server = _server(project, scope, base)
        if not server or server != _server(project, function, light.args[-1]):
            return None
    assert isinstance(call.func, ast.Attribute)
    edits = await_instead(source, call, f"{client}.{call.func.attr}")
    waits = built.keyword("timeout")
    is_usual = waits is None or (isinstance(waits, Const) and waits.value == _USUAL)
    if light.keyword("timeout") is None and not is_usual:
        edits.append(last_argument(source, call, f"timeout={float(_USUAL)}"))
    return edits


def _server(project: Project, scope: Scope, address: Expr, depth: int = 6) -> tuple[str, ...]:
    """Where the beginning of an address comes from: its literal host, or the value that it is read from; empty where that is not told."""
    if not depth:
        return ()
    match address:
        case Const(value=str() as text):
            split = urlsplit(text)
            return (split.scheme, split.netloc) if split.scheme and split.netloc else ()
        case Format(values=(first, *_)) | Op(op="Add", operands=(first, *_)):
            is_cut = isinstance(first, Const) and str(first.value).count("/") < 3
            return () if is_cut else _server(project, scope, first, depth - 1)
        case Name(id=name):
            return _named_server(project, scope, name, depth)
        case Attr(value=value, attr=attr):
            held = held_in_state(project, address)
            if held is not None:
                return _server(project, *held, depth - 1)
            owner = project.types.type_of(value, scope)
            return (owner.name, attr) if owner.kind == "instance" else ()
    return ()


def _named_server(project: Project, scope: Scope, name: str, depth: int) -> tuple[str, ...]:
    """The same for a name: of a parameter what its dependency returns, of what is bound once its value, else the name itself."""
    bound = scope.bindings.get(name, [])
    if not isinstance(scope, FunctionInfo) or not bound:
        module = scope.module if isinstance(scope, FunctionInfo) else scope
        binding = project.index.member(module, name)
        if binding is None or binding.how != "value" or binding.value is None:
            return ()
        home = project.index.module(binding.target) or module
        return _server(project, home, binding.value, depth - 1)
    if any(b.how == "parameter" for b in bound):
        provider = provider_of(project.types, scope, name)
        found = project.index.functions.get(provider.name) if provider is not None else None
        if found is None or len(bound) > 1 or len(found.returns) != 1:
            return ()
        return _server(project, found, found.returns[0], depth - 1)
    if len(bound) == 1 and bound[0].how == "value" and bound[0].value is not None:
        return _server(project, scope, bound[0].value, depth - 1) or (scope.qualname, name)
    return (scope.qualname, name)


def _named(project: Project, function: FunctionInfo, node: ast.AST, given: Given) -> str:
    """What the client is called in a function: as it is there already, or else as elsewhere in the project."""
    used: Counter[str] = Counter()
    for other in project.functions:
        for parameter in other.node.parameters:
            found = provider_of(project.types, other, parameter.name) if parameter.annotation else None
            if found is not None and found.name == given.provider.qualname:
                if other is function:
                    return parameter.name
                used[parameter.name] += 1
    taken = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    taken |= {*function.bindings, *function.module.bindings}
    wanted = [*sorted(used, key=lambda name: (-used[name], name)), *_NAMES]
    for name in wanted:
        if name not in taken:
            return name
    raise PatchError(f"no free name is left for `{wanted[0]}`")


def _parameter(
    project: Project,
    source: Source,
    function: FunctionInfo,
    node: Function,
    call: ast.Call,
    given: Given,
    name: str,
) -> list[Edit]:
    """The client as one more parameter, unless it is one already. Raises PatchError where nobody would give it."""
    if any(p.name == name for p in function.node.parameters):
        return []
    if node.name != function.name or not _is_given_clients(project, function, given):
        raise PatchError(f"`{function.name}` is not what FastAPI gives a client to")
    imports, asked = _imported(project, source, function, node, given, given.name or given.provider.name)
    if given.name:
        return [*imports, *add_parameter(source, node, name, asked)]
    more, depends = ensure_import(source, "fastapi", "Depends", at=node)
    kind = f"{source.segment(call.func).rpartition('.')[0]}.AsyncClient"
    if given.by_default:
        return [*imports, *more, *add_parameter(source, node, name, kind, f"{depends}({asked})")]
    typed, annotated = ensure_import(source, "typing", "Annotated", at=node)
    whole = f"{annotated}[{kind}, {depends}({asked})]"
    return [*imports, *more, *typed, *add_parameter(source, node, name, whole)]


def _imported(
    project: Project, source: Source, function: FunctionInfo, node: Function, given: Given, name: str
) -> tuple[list[Edit], str]:
    """The edits that make a name of the dependency's module usable at the head of a function, and what it is called there."""
    if given.module is not function.module:
        if function.module.path in imported(project.index, [given.module]):
            raise PatchError(f"{given.module.path} imports {function.module.path} in turn")
        return ensure_import(source, written_name(project, given.module), name, at=node)
    line = function.module.bindings[name][0].line if given.name else given.provider.node.line
    if line > node.lineno:
        raise PatchError(f"`{name}` stands below `{function.name}`")
    return [], name


def _is_given_clients(project: Project, function: FunctionInfo, given: Given) -> bool:
    """Whether FastAPI alone calls a function, and for requests, with nothing more in them than now."""
    if any(r.kind == "websocket" and function in (r.function, *r.dependencies) for r in project.routes.all):
        return False
    if sum(not is_test(app.module) for app in project.routes.apps) > 1:
        # A mounted app has a state of its own, and its lifespan does not run.
        return False
    asked = [
        project.types.annotation(p.annotation, given.module).name for p in given.provider.node.parameters
    ]
    is_given = only_fastapi_calls(project, function) or only_fastapi_makes(project, function)
    return is_given and all(n.rpartition(".")[2] == "Request" for n in asked)
