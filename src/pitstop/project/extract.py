"""One Python file in, one light tree of nested lists out.

Standard library only and without imports from pitstop, so that it also runs as a script under the target's interpreter when
the target's grammar is newer than ours: `python extract.py FILE` prints the tree as JSON. `facts.py` gives the lists
their types; the order of the items here is the order of the fields there.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from typing import Any

FORMAT = 3
"""Raised with every change of the tree, so that older caches are not read."""

_IGNORE = re.compile(r"#\s*pitstop:\s*ignore(?:\[([^\]]*)\])?")
_COLUMN = 0xFFF
_DELTA = 0xFFFF


def extract(text: str) -> list[Any]:
    """The light tree of a module: `[format, line count, ascii, ignores, body]`.

    Raises SyntaxError, ValueError (null bytes) and RecursionError (nesting beyond the interpreter's limit).
    """
    tree = ast.parse(text)
    lines = text.count("\n") + (not text.endswith("\n") and bool(text))
    return [FORMAT, lines, text.isascii(), _ignores(text), _block(tree.body)]


def _ignores(text: str) -> list[Any]:
    found = []
    if "pitstop:" in text:
        for number, line in enumerate(text.splitlines(), 1):
            match = _IGNORE.search(line)
            if match:
                names = [name.strip() for name in (match[1] or "").split(",") if name.strip()]
                alone = line.lstrip().startswith("#")
                found.append([number, alone, names])
    return found


def _at(node: Any) -> int:
    line: int = node.lineno
    end = min((node.end_lineno or line) - line, _DELTA)
    column = min(node.col_offset, _COLUMN)
    end_column = min(node.end_col_offset or 0, _COLUMN)
    packed: int = ((line << 12 | column) << 16 | end) << 12 | end_column
    return packed


def _block(body: list[ast.stmt]) -> list[Any]:
    return [_STATEMENTS.get(type(node), _other_statement)(node) for node in body]


def _expr(node: Any) -> Any:
    return _EXPRESSIONS.get(type(node), _other_expression)(node)


def _optional(node: Any) -> Any:
    return None if node is None else _expr(node)


def _all(nodes: Any) -> list[Any]:
    return [_expr(node) for node in nodes]


# --- expressions -----------------------------------------------------------------------------------------------------


def _constant(node: ast.Constant) -> list[Any]:
    value: Any = node.value
    if (isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 62) or (
        isinstance(value, float) and (value != value or value in (float("inf"), float("-inf")))
    ):
        value = None
    elif isinstance(value, str):
        value = value.encode("utf-8", "replace").decode()
    elif not isinstance(value, (int, float)):
        value = None
    return ["k", _at(node), type(node.value).__name__, value]


def _comprehension(kind: str, node: Any, *elements: ast.expr) -> list[Any]:
    generators = [[_expr(g.target), _expr(g.iter), _all(g.ifs), bool(g.is_async)] for g in node.generators]
    return ["g", _at(node), kind, _all(elements), generators]


def _call(node: ast.Call) -> list[Any]:
    keywords = [[k.arg, _expr(k.value)] for k in node.keywords]
    return ["c", _at(node), _expr(node.func), _all(node.args), keywords]


def _lambda(node: ast.Lambda) -> list[Any]:
    return ["y", _at(node), _parameters(node.args), _expr(node.body)]


def _operator(node: Any) -> list[Any]:
    if isinstance(node, ast.BoolOp):
        return ["o", _at(node), type(node.op).__name__, _all(node.values)]
    if isinstance(node, ast.BinOp):
        return ["o", _at(node), type(node.op).__name__, [_expr(node.left), _expr(node.right)]]
    if isinstance(node, ast.UnaryOp):
        return ["o", _at(node), type(node.op).__name__, [_expr(node.operand)]]
    name = type(node.ops[0]).__name__ if len(node.ops) == 1 else "Compare"
    return ["o", _at(node), name, [_expr(node.left), *_all(node.comparators)]]


def _other_expression(node: Any) -> list[Any]:
    children = [_expr(c) for c in ast.iter_child_nodes(node) if isinstance(c, (ast.expr, ast.keyword))]
    return ["x", _at(node) if hasattr(node, "lineno") else 0, children]


def _formatted(node: ast.FormattedValue) -> Any:
    width = node.format_spec
    if isinstance(width, ast.JoinedStr) and any(isinstance(v, ast.FormattedValue) for v in width.values):
        return ["x", _at(node), [_expr(node.value), _expr(width)]]
    return _expr(node.value)


_EXPRESSIONS: dict[type, Any] = {
    ast.Name: lambda n: ["n", _at(n), n.id],
    ast.Attribute: lambda n: ["a", _at(n), _expr(n.value), n.attr],
    ast.Call: _call,
    ast.Await: lambda n: ["w", _at(n), _expr(n.value)],
    ast.Constant: _constant,
    ast.JoinedStr: lambda n: ["f", _at(n), _all(n.values)],
    ast.FormattedValue: _formatted,
    ast.Subscript: lambda n: ["s", _at(n), _expr(n.value), _expr(n.slice)],
    ast.List: lambda n: ["l", _at(n), "list", _all(n.elts)],
    ast.Tuple: lambda n: ["l", _at(n), "tuple", _all(n.elts)],
    ast.Set: lambda n: ["l", _at(n), "set", _all(n.elts)],
    ast.Dict: lambda n: ["d", _at(n), [_optional(k) for k in n.keys], _all(n.values)],
    ast.BoolOp: _operator,
    ast.BinOp: _operator,
    ast.UnaryOp: _operator,
    ast.Compare: _operator,
    ast.Lambda: _lambda,
    ast.ListComp: lambda n: _comprehension("list", n, n.elt),
    ast.SetComp: lambda n: _comprehension("set", n, n.elt),
    ast.GeneratorExp: lambda n: _comprehension("generator", n, n.elt),
    ast.DictComp: lambda n: _comprehension("dict", n, n.key, n.value),
    ast.Starred: lambda n: ["*", _at(n), _expr(n.value)],
    ast.IfExp: lambda n: ["i", _at(n), _expr(n.test), _expr(n.body), _expr(n.orelse)],
    ast.NamedExpr: lambda n: [":", _at(n), _expr(n.target), _expr(n.value)],
    ast.Yield: lambda n: ["Y", _at(n), _optional(n.value), False],
    ast.YieldFrom: lambda n: ["Y", _at(n), _expr(n.value), True],
    ast.keyword: lambda n: _expr(n.value),
}


# --- statements ------------------------------------------------------------------------------------------------------


def _parameters(arguments: ast.arguments) -> list[Any]:
    found = []
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    for argument, default in zip(positional, defaults):  # noqa: B905 - Python 3.9 has no `strict`
        found.append([argument.arg, "", _optional(argument.annotation), _optional(default)])
    if arguments.vararg:
        found.append([arguments.vararg.arg, "*", _optional(arguments.vararg.annotation), None])
    for argument, keyword_default in zip(arguments.kwonlyargs, arguments.kw_defaults):  # noqa: B905 - as above
        found.append([argument.arg, "k", _optional(argument.annotation), _optional(keyword_default)])
    if arguments.kwarg:
        found.append([arguments.kwarg.arg, "**", _optional(arguments.kwarg.annotation), None])
    return found


def _function(node: Any) -> list[Any]:
    return [
        "Def",
        _at(node),
        node.name,
        isinstance(node, ast.AsyncFunctionDef),
        _parameters(node.args),
        _optional(node.returns),
        _all(node.decorator_list),
        _block(node.body),
    ]


def _class(node: ast.ClassDef) -> list[Any]:
    keywords = [[k.arg, _expr(k.value)] for k in node.keywords]
    return [
        "Class",
        _at(node),
        node.name,
        _all(node.bases),
        keywords,
        _all(node.decorator_list),
        _block(node.body),
    ]


def _import(node: ast.Import) -> list[Any]:
    return ["Import", _at(node), None, 0, [[alias.name, alias.asname] for alias in node.names]]


def _import_from(node: ast.ImportFrom) -> list[Any]:
    return ["Import", _at(node), node.module or "", node.level, [[a.name, a.asname] for a in node.names]]


def _with(node: Any) -> list[Any]:
    items = [[_expr(item.context_expr), _optional(item.optional_vars)] for item in node.items]
    return ["With", _at(node), items, _block(node.body), isinstance(node, ast.AsyncWith)]


def _for(node: Any) -> list[Any]:
    return [
        "For",
        _at(node),
        _expr(node.target),
        _expr(node.iter),
        _block(node.body),
        _block(node.orelse),
        isinstance(node, ast.AsyncFor),
    ]


def _try(node: Any) -> list[Any]:
    handlers = [[_optional(h.type), h.name, _block(h.body)] for h in node.handlers]
    return ["Try", _at(node), _block(node.body), handlers, _block(node.orelse), _block(node.finalbody)]


def _other_statement(node: Any) -> list[Any]:
    expressions = [_expr(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    cases = getattr(node, "cases", ())
    expressions += [_expr(case.guard) for case in cases if case.guard is not None]
    blocks = [_block(case.body) for case in cases]
    return ["Other", _at(node), type(node).__name__, expressions, blocks]


_STATEMENTS: dict[type, Any] = {
    ast.Expr: lambda n: ["Expr", _at(n), _expr(n.value)],
    ast.Assign: lambda n: ["Assign", _at(n), _all(n.targets), _expr(n.value), None],
    ast.AnnAssign: lambda n: ["Assign", _at(n), [_expr(n.target)], _optional(n.value), _expr(n.annotation)],
    ast.AugAssign: lambda n: ["Aug", _at(n), _expr(n.target), type(n.op).__name__, _expr(n.value)],
    ast.Return: lambda n: ["Return", _at(n), _optional(n.value)],
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: lambda n: ["While", _at(n), _expr(n.test), _block(n.body), _block(n.orelse)],
    ast.If: lambda n: ["If", _at(n), _expr(n.test), _block(n.body), _block(n.orelse)],
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.Raise: lambda n: ["Raise", _at(n), _optional(n.exc)],
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
}
if hasattr(ast, "TryStar"):
    _STATEMENTS[ast.TryStar] = _try


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8-sig") as file:  # noqa: PTH123 - kept free of pathlib for a fast start
        json.dump(extract(file.read()), sys.stdout)
