"""Keeps one client for signing keys, which remembers them."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.imports import ensure_import
from pitstop.patching.python import Function, Source
from pitstop.patching.rewrite import replace_expression
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import one_line, settle

if TYPE_CHECKING:
    from pitstop.project import Project

_KIND = "PyJWKClient"


def propose(finding: Finding, project: Project) -> Patch:
    """A function that makes the client once. Raises PatchError."""
    if finding.places:
        raise PatchError("keys are fetched in several places of the function")
    source = open_source(project, finding.location.path)
    call = node_at(source, ast.Call, finding.location)
    if source.segment(call.func).rpartition(".")[2] != _KIND:
        raise PatchError(
            "how long what is fetched by hand may be kept is a decision",
            f"A `{_KIND}` of PyJWT that is made once keeps keys for five minutes, and asks anew for one it does not know.",
        )
    return make_patch(
        finding,
        f"Keep the signing keys in {finding.location.symbol.rpartition('.')[2]}",
        (_kept(source, call),),
        ("duration", "cpu"),
        risk="A key that the provider takes back is accepted for up to five minutes more; a new one is fetched when a token names it.",
        validate="Only the first request asks the provider; a token signed with a new key is accepted.",
        rollback="pitstop undo",
    )


def _kept(source: Source, call: ast.Call) -> FileChange:
    for keyword in call.keywords:
        if keyword.arg == "cache_jwk_set":
            raise PatchError("the client is told not to keep what it fetches")
    text = source.segment(call)
    joined = one_line(text) if "\n" in text else text
    if joined is None:
        raise PatchError("the call holds comments or strings of several lines")
    name = _free(source, call)
    kind = source.segment(call.func)
    imports, cached = ensure_import(source, "functools", "lru_cache")
    parameters, use = "", f"{name}()"
    local = _local(source, call)
    if local is not None:
        url = source.segment(local)
        begin, end = source.start(local) - source.start(call), source.end(local) - source.start(call)
        if "\n" in text:
            raise PatchError("the call is written on several lines")
        joined = (text.encode()[:begin] + b"url" + text.encode()[end:]).decode()
        parameters, use = "url: str", f"{name}({url})"
    unit = source.indent_unit
    lines = [f"@{cached}", f"def {name}({parameters}) -> {kind}:", f"{unit}return {joined}", "", "", ""]
    start = source.line_start(_first_line(source, call))
    put = source.edit(start, start, source.newline.join(lines))
    return settle(source, [*imports, put, *replace_expression(source, call, use)])


def _local(source: Source, call: ast.Call) -> ast.Name | None:
    """The one argument that is a name of the function; made of nothing but what the module has. Raises PatchError for others."""
    around = next((p for p in source.parents(call) if isinstance(p, Function)), None)
    if around is None:
        raise PatchError("the client is made in no function")
    own = {a.arg for a in ast.walk(around.args) if isinstance(a, ast.arg)}
    made = {n.id: n for n in ast.walk(around) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    given = [*call.args, *(k.value for k in call.keywords)]
    found: ast.Name | None = None
    for value in given:
        names = {n.id for n in ast.walk(value) if isinstance(n, ast.Name)}
        if any(isinstance(n, ast.Await | ast.Call) for n in ast.walk(value)) or names & own:
            raise PatchError("which keys are fetched may differ from one request to the next")
        if not names & set(made):
            continue
        if found is not None or not isinstance(value, ast.Name):
            raise PatchError("the client is made of several values of the function")
        found = value
        _refuse_request(source, around, value, own | set(made))
    return found


def _refuse_request(source: Source, around: ast.AST, name: ast.Name, own: set[str]) -> None:
    """Raise PatchError unless a name is bound once, to what the module alone has a say in."""
    stores = [
        n
        for n in ast.walk(around)
        if isinstance(n, ast.Name) and n.id == name.id and isinstance(n.ctx, ast.Store)
    ]
    statement = source.statement(stores[0])
    value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    if len(stores) != 1 or value is None:
        raise PatchError("which keys are fetched may differ from one request to the next")
    names = {n.id for n in ast.walk(value) if isinstance(n, ast.Name)}
    if names & own or any(isinstance(n, ast.Await | ast.Call) for n in ast.walk(value)):
        raise PatchError("which keys are fetched may differ from one request to the next")


def _first_line(source: Source, node: ast.AST) -> int:
    """The line of the top-level statement around a node, or of the comments right above it."""
    top = next(s for s in source.tree.body if any(each is node for each in ast.walk(s)))
    line = source.line_of(source.start(top))
    while line > 1 and source.line(line - 1).startswith(b"#"):
        line -= 1
    return line


def _free(source: Source, call: ast.Call) -> str:
    taken = {n.id for n in ast.walk(source.tree) if isinstance(n, ast.Name)} | set(dir(builtins))
    taken |= {n.name for n in ast.walk(source.tree) if isinstance(n, Function | ast.ClassDef)}
    taken |= {n.asname or n.name for n in ast.walk(source.tree) if isinstance(n, ast.alias)}
    for name in ("get_jwks_client", "shared_jwks_client"):
        if name not in taken:
            return name
    raise PatchError(f"{source.path}:{call.lineno}: no free name is left for the client")
