"""What a function is, by its own text: abstract, or one that remembers its result."""

from __future__ import annotations

import re

from pitstop.project.facts import (
    Assign,
    Attr,
    Call,
    Const,
    Expr,
    ExprStatement,
    If,
    Op,
    Other,
    Raise,
    Return,
    Sub,
    dotted,
)
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import walk


def is_abstract(info: FunctionInfo) -> bool:
    """Whether a method is there to be filled in: by its decorator, or with nothing in its body."""
    if is_marked_abstract(info):
        return True
    body = [s for s in info.node.body if not _is_docstring(s)]
    if not body:
        return True
    if len(body) > 1:
        return False
    only = body[0]
    if isinstance(only, Raise):
        value: Expr | None = only.value
        name = dotted(value.func) if isinstance(value, Call) else dotted(value)
        return name == "NotImplementedError"
    return isinstance(only, ExprStatement) and isinstance(only.value, Const) and only.value.kind == "ellipsis"


def is_marked_abstract(info: FunctionInfo) -> bool:
    """Whether a decorator says that a method is there to be filled in."""
    return any(
        dotted(d).rpartition(".")[2] in {"abstractmethod", "abstractproperty", "overload"}
        for d in info.node.decorators
    )


def _is_docstring(statement: object) -> bool:
    return (
        isinstance(statement, ExprStatement)
        and isinstance(statement.value, Const)
        and statement.value.kind == "str"
    )


_MEMOISERS = {
    "lru_cache",
    "cache",
    "cached",
    "cachedmethod",
    "cached_property",
    "alru_cache",
    "singleton",
    "memoize",
}


_CACHES = re.compile(r"cache|memo(?:is|iz)e", re.IGNORECASE)
"""A decorator of the project's own that keeps results, by its name: `redis_cache`, `cache_response`."""
_EMPTIES = re.compile(
    r"(?:^|_)(?:no|never|not|bust|clear|control|drop|evict|flush|invalidates?|purge|reset|skip)(?:_|$)|no_?cache|header",
    re.IGNORECASE,
)


def is_memoised(function: FunctionInfo) -> bool:
    """Whether a function remembers its result: by a caching decorator, or in a global or class attribute it fills."""
    names = {
        dotted(d.func if isinstance(d, Call) else d).rpartition(".")[2] for d in function.node.decorators
    }
    if names & _MEMOISERS or any(_CACHES.search(name) and not _EMPTIES.search(name) for name in names):
        return True
    if function.name == "__new__":
        return True
    return any(
        (isinstance(s, Other) and s.kind == "Global")
        or (isinstance(s, Assign) and _fills_cache(s))
        or (isinstance(s, If) and (_fills_once(s, function) or _returns_kept(s, function)))
        for s in function.statements
    )


def _asked_for(expr: Expr) -> str:
    """The attribute that a test is about: `self._x`, `hasattr(function, "_x")`."""
    if isinstance(expr, Call) and dotted(expr.func) == "hasattr" and len(expr.args) == 2:
        owner, name = dotted(expr.args[0]), expr.args[1]
        # Of something that is part of the object at hand nobody knows how long it lives.
        return f"{owner}.{name.value}" if owner and "." not in owner and isinstance(name, Const) else ""
    return dotted(expr) if isinstance(expr, Attr) else ""


def _fills_once(statement: If, function: FunctionInfo) -> bool:
    """`if self._x is None: self._x = ...`, or `if not self._x: ...`.

    A default given to an attribute of what the caller hands over remembers nothing, unless it is on the state of the app.
    """
    test = statement.test
    if not (isinstance(test, Op) and test.op in {"Is", "Not"}):
        return False
    kept = _asked_for(test.operands[0])
    handed = {p.name for p in function.node.parameters} - {"self", "cls"}
    if kept.split(".")[0] in handed and ".state." not in kept:
        return False
    return bool(kept) and any(
        isinstance(inner, Assign) and any(dotted(target) == kept for target in inner.targets)
        for inner in walk(statement.body)
    )


def _returns_kept(statement: If, function: FunctionInfo) -> bool:
    """`if self._x is not None: return self._x`, or `if key in made: return made[key]`, where what is missing is stored later."""
    given = [s.value for s in statement.body if isinstance(s, Return) and s.value is not None]
    if not given or not isinstance(statement.test, (Op, Attr)):
        return False
    test = statement.test
    if isinstance(test, Op) and test.op == "In":
        kept = dotted(test.operands[1])
        return any(
            isinstance(target, Sub) and dotted(target.value) == kept
            for s in function.statements
            if isinstance(s, Assign)
            for target in s.targets
        ) and bool(kept)
    first = test.operands[0] if isinstance(test, Op) and test.op == "And" else test
    kept = dotted(first.operands[0] if isinstance(first, Op) and first.op == "IsNot" else first)
    if "." not in kept or all(dotted(value) != kept for value in given):
        return False
    if kept.startswith("self.") and not kept.startswith("self._"):
        # A field of one row among many.
        return False
    return any(
        dotted(target) == kept for s in function.statements if isinstance(s, Assign) for target in s.targets
    )


def _fills_cache(statement: Assign) -> bool:
    """`self._cache[key] = ...`, by the name."""
    names = (dotted(target.value).lower() for target in statement.targets if isinstance(target, Sub))
    return any("cache" in name or "memo" in name for name in names)
