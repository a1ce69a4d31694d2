"""What middleware may do, so that it means the same around all of an answer as it did until the answer began."""

from __future__ import annotations

import ast

from pitstop.errors import PatchError
from pitstop.patching.python import Source

PARTS = {"headers": "MutableHeaders(scope=message)", "status_code": 'message["status"]'}
"""What may be done with the answer, and what it is in the message."""
REQUEST = {
    "app", "auth", "base_url", "client", "cookies", "get", "headers", "method", "path_params", "query_params", "scope", "session",
    "state", "url", "url_for", "user",
}  # fmt: skip
"""What a request tells without reading its body."""


def refuse_reading(source: Source, name: ast.Name) -> None:
    """Raise where the body of the request may be read, which the app behind it then would not get."""
    parent = next(source.parents(name))
    if isinstance(parent, ast.Attribute) and parent.attr in REQUEST and isinstance(name.ctx, ast.Load):
        return
    if isinstance(parent, ast.Subscript) and parent.value is name:
        return
    if isinstance(parent, ast.Call) and name in parent.args:
        return
    what = f"`{ast.unparse(parent)}`" if isinstance(parent, ast.Attribute) else "the request"
    raise PatchError(f"it does more with {what} than to look at its head")


def refuse_try(block: ast.Try, child: ast.AST) -> None:
    """Raise where the app is called in a `try` that would mean another thing around all of the answer."""
    if child not in block.body or block.orelse:
        raise PatchError("the app is called while an error is handled")
    if not all(gives_back(s) for s in block.finalbody):
        raise PatchError(
            "what is done `finally` was done before the body was sent, and would be done after it"
        )
    for handler in block.handlers:
        last = handler.body[-1]
        if not (isinstance(last, ast.Raise) and last.exc is None) or any(
            isinstance(n, ast.Return) for n in ast.walk(handler)
        ):
            raise PatchError(
                "errors of the app are handled otherwise than by raising them again, which may be too late once the answer has begun"
            )


def refuse_names(source: Source, method: ast.AST, after: list[ast.stmt], response: str) -> None:
    """Raise where what follows the answer does with it what a message cannot, or sets names of the method."""
    inside = {id(n) for each in after for n in ast.walk(each)}
    for each in after:
        for node in ast.walk(each):
            if isinstance(node, ast.Name) and node.id == response:
                parent = next(source.parents(node))
                part = parent.attr if isinstance(parent, ast.Attribute) else ""
                if part not in PARTS or (part == "status_code" and not isinstance(parent.ctx, ast.Load)):  # type: ignore[attr-defined]
                    what = ast.unparse(parent).partition("\n")[0]
                    raise PatchError(f"it does more with the answer than to change its headers: `{what}`")
    stored = {
        n.id
        for n in ast.walk(method)
        if isinstance(n, ast.Name) and id(n) in inside and not isinstance(n.ctx, ast.Load)
    }
    others = {n.id for n in ast.walk(method) if isinstance(n, ast.Name) and id(n) not in inside}
    others |= {n.arg for n in ast.walk(method) if isinstance(n, ast.arg)}
    for name in sorted(stored & others):
        raise PatchError(f"`{name}` is set before and after the app has answered")
    for name in sorted(set(PARTS) & (stored | others)):
        raise PatchError(f"it has a name `{name}` of its own")


def gives_back(statement: ast.stmt) -> bool:
    """`variable.reset(token)`: later is as good, since the app sees the variable until then."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    return (
        isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "reset"
    )


def is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def returns(statement: ast.stmt | None, name: str) -> bool:
    return (
        isinstance(statement, ast.Return)
        and isinstance(statement.value, ast.Name)
        and statement.value.id == name
    )
