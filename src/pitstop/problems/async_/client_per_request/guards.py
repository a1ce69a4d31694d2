"""Reasons not to share a client: what one request leaves in it would reach another."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.patching.python import Function, Source

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_UNSHARED = {"requests.Session", "requests.session", "Session", "session"}
_OWN = {"auth", "cookies", "event_hooks", "mounts", "transport"}
_CONSTANT = re.compile(r"_*[A-Z][A-Z0-9_]*")


def refuse_use(source: Source, block: ast.With | ast.AsyncWith, name: str, kind: str) -> None:
    """Raise PatchError where the block keeps something in the client, or hands it on to where that could happen."""
    if kind in _UNSHARED:
        raise PatchError(f"a `{kind}` is not made to be shared by threads")
    for node in (n for statement in block.body for n in ast.walk(statement)):
        if not isinstance(node, ast.Name) or node.id != name:
            continue
        parent = next(source.parents(node))
        if isinstance(node.ctx, ast.Store):
            raise PatchError(f"`{name}` is bound anew in the block")
        if isinstance(parent, ast.Attribute):
            above = next(source.parents(parent))
            called = isinstance(above, ast.Call) and above.func is parent
            if called and parent.attr not in {"close", "aclose"}:
                continue
            raise PatchError(
                f"the block uses `{name}.{parent.attr}`, which one request would leave to the next"
            )
        if not isinstance(parent, ast.Yield | ast.Return):
            raise PatchError(
                f"the client is handed on (`{ast.unparse(parent)}`), and what is kept in it there is not known"
            )
    function = next((p for p in source.parents(block) if isinstance(p, Function)), None)
    inside = {id(n) for n in ast.walk(block)}
    if function is not None and any(
        isinstance(n, ast.Name) and n.id == name and id(n) not in inside for n in ast.walk(function)
    ):
        raise PatchError(f"`{name}` is used outside of its block as well")


def refuse_settings(project: Project, function: FunctionInfo, source: Source, call: ast.Call) -> None:
    """Raise PatchError where the client's settings may differ from one request to the next."""
    own = sorted(k.arg for k in call.keywords if k.arg in _OWN)
    if own:
        raise PatchError(
            f"the client has {', '.join(own)} of its own, which may keep something from one request to the next"
        )
    module = function.module
    names = {n.id for part in (*call.args, *call.keywords) for n in ast.walk(part) if isinstance(n, ast.Name)}
    local = sorted(n for n in names if n in function.bindings or n not in module.bindings)
    if local:
        raise PatchError(
            f"the client is built from values of the request ({', '.join(local)}), and no shared one takes the same settings"
        )
    roots = {
        n
        for n in names
        if not _CONSTANT.fullmatch(n) and any(b.how in {"value", "import"} for b in module.bindings[n])
    }
    for name in sorted(roots - {source.segment(call.func).partition(".")[0]}):
        changed = re.compile(rf"\bsetattr\(\s*{re.escape(name)}\b|\b{re.escape(name)}\.\w+\s*=(?!=)")
        for other in project.index.by_path.values():
            if changed.search(other.source.text):
                raise PatchError(
                    f"the client is built from `{name}`, which {other.path} changes while the service runs"
                )
