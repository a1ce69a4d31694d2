"""Calls put into functions of libraries: where a function runs for each request, a wrapper would cost more than it notes."""

from __future__ import annotations

import ast
import builtins
from types import CodeType, FunctionType
from typing import Any

from .request import NOBODY, current

RUNNING = "__pitstop_request__(__pitstop_nobody__)"
"""The request that the running code works for, as an expression in code that is not ours."""
NAMES = {"__pitstop_request__": current, "__pitstop_nobody__": NOBODY}
"""What it is written with, for `builtins`."""
_BLOCK = "if True:\n"
_CLASS = ("__class__",)
_AROUND = "def around():\n    __class__ = None"
_FUTURE = 0x1FE0000
"""The flags of `from __future__ import ...`; see `__future__.py`."""


def splice(function: Any, before: str, after: str = "", *, only: str = "", **names: Any) -> bool:
    """Let a function of a module's top level, or of a class there, run statements before its body and, however it ends, after it.

    Where `only` is an expression, they run if it is true as the function begins: all else is one look at it. `names` are what
    they are written with, besides the function's own parameters. Line numbers, arguments and whoever has the function already
    stay as they were. False where its source is not there, or it is no plain function.
    """
    # A method that calls `super` has its class from around it.
    if not isinstance(function, FunctionType) or function.__code__.co_freevars not in ((), _CLASS):
        return False
    # By now the library has them; the start of the interpreter should not pay for them.
    import copy
    import inspect

    code = function.__code__
    try:
        source = inspect.getsource(function)
        # A method is indented, and so is parsed as what stands in a block.
        tree = ast.parse(_BLOCK + source if source[:1].isspace() else source)
    except (OSError, SyntaxError, TypeError):
        return False
    block = tree.body[0]
    node = block.body[0] if isinstance(block, ast.If) else block
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or node.decorator_list:
        return False
    lead = 1 if ast.get_docstring(node, clean=False) is not None else 0
    doc, body = node.body[:lead], node.body[lead:]
    if not body:
        return False
    ends = statements(after, body[0])
    whole = [ast.copy_location(ast.Try(body, [], [], ends), body[0])] if ends else body
    around = statements(before, body[0]) + whole
    if only:
        (choice,) = statements(f"if {only}: pass", body[0])
        choice.body, choice.orelse = around, copy.deepcopy(body)  # type: ignore[attr-defined]  # it is an `if`
        around = [choice]
    node.body = doc + around
    ast.increment_lineno(node, code.co_firstlineno - node.lineno)
    outer = ast.parse(_AROUND)
    outer.body[0].body.append(node)  # type: ignore[attr-defined]  # it is a function
    tree.body = outer.body if code.co_freevars else [node]
    made = compile(tree, code.co_filename, "exec", code.co_flags & _FUTURE, dont_inherit=True)
    found = _code_in(made, code.co_name)
    if hasattr(code, "co_qualname"):  # since Python 3.11
        found = found.replace(co_qualname=code.co_qualname)
    vars(builtins).update(names)
    function.__code__ = found
    return True


def _code_in(made: CodeType, name: str) -> CodeType:
    """The code of the function of that name, which stands in a module, or in the function that stands there."""
    inner = [each for each in made.co_consts if isinstance(each, CodeType)]
    return next((each for each in inner if each.co_name == name), None) or _code_in(inner[0], name)


def statements(text: str, beside: ast.stmt) -> list[ast.stmt]:
    """Statements with the place of another: no line is there that was not."""
    made = ast.parse(text)
    for each in ast.walk(made):
        if isinstance(each, (ast.stmt, ast.expr)):
            ast.copy_location(each, beside)
    return made.body
