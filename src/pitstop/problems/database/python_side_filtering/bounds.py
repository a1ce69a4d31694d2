"""The bounds of a slice as `OFFSET` and `LIMIT`, where none of them can be negative."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pitstop.errors import PatchError
from pitstop.patching.edits import Edit
from pitstop.patching.statements import remove
from pitstop.problems.chains import Chain
from pitstop.problems.conditions import function_around, light, refuse_later
from pitstop.project.facts import Expr
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project

_LEAST = re.compile(r"\b(ge|gt)\s*=\s*(-?\d+)")


def page_of(project: Project, function: FunctionInfo, chain: Chain, cut: ast.Slice) -> tuple[str, list[Edit]]:
    """`.offset(...).limit(...)` for the bounds of a slice, and the removal of what only worked out a bound. Raises PatchError."""
    bounds = _Bounds(project, function, chain)
    if cut.step is not None:
        raise PatchError("a slice with a step is no page")
    first, last = cut.lower, cut.upper
    if isinstance(first, ast.Constant) and first.value == 0:
        first = None
    if first is None and last is None:
        raise PatchError("the slice has no bounds")
    size = last if first is None or last is None else bounds.between(first, last)
    for bound in (first, size):
        if bound is not None:
            bounds.refuse(bound)
    text = f".offset({chain.source.segment(first)})" if first is not None else ""
    text += f".limit({chain.source.segment(size)})" if size is not None else ""
    needless = bounds.needless(last) if size is not last else []
    return text, needless


class _Bounds:
    def __init__(self, project: Project, function: FunctionInfo, chain: Chain) -> None:
        self._project = project
        self._function = function
        self._chain = chain
        self._tree = function_around(chain.source, chain.root)

    def between(self, first: ast.expr, last: ast.expr) -> ast.expr:
        """The size of a page from `first` to `last`, by how `last` is written."""
        begin, end = self._meant(first), self._meant(last)
        if isinstance(end, ast.BinOp) and isinstance(end.op, ast.Add):
            for one, other in ((end.left, end.right), (end.right, end.left)):
                if _same(one, first) or _same(one, begin):
                    return other
        if isinstance(end, ast.BinOp) and isinstance(begin, ast.BinOp):
            for pages, size in _factors(end):
                for earlier, other in _factors(begin):
                    if _same(size, other) and _is_next(earlier, pages):
                        return size
        raise PatchError("the bounds of the slice do not tell how long a page is")

    def _meant(self, bound: ast.expr) -> ast.expr:
        """What a name stands for that the function sets once."""
        if not isinstance(bound, ast.Name):
            return bound
        found = self._set(bound.id)
        return found.value if found is not None else bound

    def _set(self, name: str) -> ast.Assign | None:
        stores = [
            node
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
        ]
        parent = next(self._chain.source.parents(stores[0])) if len(stores) == 1 else None
        return parent if isinstance(parent, ast.Assign) and parent.targets == stores else None

    def needless(self, bound: ast.expr | None) -> list[Edit]:
        """The removal of the statement that sets a name which nothing else reads."""
        if not isinstance(bound, ast.Name):
            return []
        found = self._set(bound.id)
        uses = [n for n in ast.walk(self._tree) if isinstance(n, ast.Name) and n.id == bound.id]
        return remove(self._chain.source, found) if found is not None and len(uses) == 2 else []

    def refuse(self, bound: ast.expr) -> None:
        """Raise unless a bound is known where the statement stands, and never negative: Python then counts from the end."""
        for node in ast.walk(bound):
            if isinstance(node, ast.Name):
                refuse_later(self._chain.source, self._chain.root, node.id)
        if self._least(bound) is None:
            raise PatchError(
                f"`{self._chain.source.segment(bound)}` may be negative, which a slice takes and SQL refuses: "
                "give the parameter a `ge=0`, or a page `ge=1`"
            )

    def _least(self, bound: ast.expr) -> int | None:
        """The least value of a bound, if it is not negative."""
        match bound:
            case ast.Constant(value=int(value)):
                return value
            case ast.BinOp(op=ast.Add() | ast.Mult()):
                left, right = self._least(bound.left), self._least(bound.right)
                if left is None or right is None:
                    return None
                return left + right if isinstance(bound.op, ast.Add) else left * right
            case ast.BinOp(op=ast.Sub(), right=ast.Constant(value=int(value))):
                left = self._least(bound.left)
                return left - value if left is not None and left >= value else None
            case ast.Name() if self._set(bound.id) is not None:
                found = self._set(bound.id)
                return self._least(found.value) if found is not None else None
            case ast.Name() | ast.Attribute():
                return self._stated(bound)
            case _:
                return None

    def _stated(self, bound: ast.Name | ast.Attribute) -> int | None:
        """By `ge=` or `gt=` of a parameter, or of a field of what comes in by one."""
        texts: list[str] = []
        module = self._function.module
        if isinstance(bound, ast.Name):
            for parameter in self._function.node.parameters:
                if parameter.name == bound.id:
                    texts += [
                        module.text(e) for e in (parameter.annotation, parameter.default) if e is not None
                    ]
        else:
            owner: Expr = light(self._function, bound.value)
            for cls in self._project.types.mro(self._project.types.type_of(owner, self._function).name):
                if bound.attr in cls.attributes:
                    texts.append(cls.module.text(cls.attributes[bound.attr]))
                    break
        for how, least in _LEAST.findall(" ".join(texts)):
            value = int(least) + (how == "gt")
            return value if value >= 0 else None
        return None


def _same(one: ast.expr, other: ast.expr) -> bool:
    return ast.dump(one) == ast.dump(other)


def _factors(product: ast.BinOp) -> list[tuple[ast.expr, ast.expr]]:
    if not isinstance(product.op, ast.Mult):
        return []
    return [(product.left, product.right), (product.right, product.left)]


def _is_next(page: ast.expr, later: ast.expr) -> bool:
    """Whether `later` is `page + 1`, as `page` and `page - 1` are written too."""
    return any(
        isinstance(sum_, ast.BinOp)
        and isinstance(sum_.op, operator)
        and isinstance(sum_.right, ast.Constant)
        and sum_.right.value == 1
        and _same(sum_.left, other)
        for sum_, other, operator in ((later, page, ast.Add), (page, later, ast.Sub))
    )
