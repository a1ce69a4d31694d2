"""What an annotation promises."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from pitstop.project.extract import extract
from pitstop.project.facts import (
    Attr,
    Call,
    Const,
    Expr,
    ExprStatement,
    ModuleFacts,
    Name,
    Op,
    Seq,
    Sub,
    dotted,
)
from pitstop.project.index import canonical
from pitstop.project.model import UNKNOWN, FunctionInfo, Module, Type, instance

if TYPE_CHECKING:
    from pitstop.project.inference import Inference, Scope

CONTAINERS = {
    **dict.fromkeys(
        (
            "list",
            "List",
            "Sequence",
            "Iterable",
            "Collection",
            "set",
            "Set",
            "frozenset",
            "FrozenSet",
            "MutableSequence",
            "deque",
        ),
        "list",
    ),
    **dict.fromkeys(
        ("Iterator", "AsyncIterator", "Generator", "AsyncGenerator", "AsyncIterable"), "iterator"
    ),
    **dict.fromkeys(("dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict"), "dict"),
    **dict.fromkeys(("tuple", "Tuple"), "tuple"),
}
"""Containers by the name they are annotated with: `list`, `iterator`, `dict` or `tuple`."""
_WRAPPERS = {
    "Optional",
    "Annotated",
    "Final",
    "ClassVar",
    "Required",
    "NotRequired",
    "Mapped",
    "DynamicMapped",
    "Unpack",
}
_DEPTH = 24


class Annotations:
    """Types from annotations."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._strings: dict[str, Expr | None] = {}

    def annotation(self, expr: Expr | None, scope: Scope, depth: int = 0, *, as_class: bool = False) -> Type:
        """The type that an annotation promises; of a union the first part that is known."""
        if expr is None or depth > _DEPTH:
            return UNKNOWN
        match expr:
            case Const() if isinstance(expr.value, str):
                parsed = self._parse(expr.value)
                return self.annotation(parsed, scope, depth + 1) if parsed is not None else UNKNOWN
            case Const():
                return instance("NoneType") if expr.value is None and expr.kind == "NoneType" else UNKNOWN
            case Op() if expr.op == "BitOr":
                parts = [self.annotation(o, scope, depth + 1) for o in expr.operands]
                return next((p for p in parts if p and p.name != "NoneType"), UNKNOWN)
            case Sub():
                return self._generic(expr, scope, depth, as_class)
            case Name() | Attr():
                return self._plain_annotation(expr, scope, depth)
            case _:
                return UNKNOWN

    def _plain_annotation(self, expr: Expr, scope: Scope, depth: int) -> Type:
        if isinstance(expr, Name):
            alias = self._alias(expr.id, scope)
            if alias is not None:
                value, home = alias
                if isinstance(value, (Sub, Op)) or (isinstance(value, (Name, Attr)) and value is not expr):
                    return self.annotation(value, home, depth + 1)
                if isinstance(value, Call):
                    made = self._inference.type_of(value.func, home, depth + 1).name
                    if made in {"typing.TypeVar", "typing.NewType"}:
                        if made.endswith("TypeVar"):
                            return Type("typevar", expr.id)
                        return self.annotation(value.argument(1, "tp"), home, depth + 1)
        found = self._inference.type_of(expr, scope, depth)
        if isinstance(expr, Name) and found.name == f"builtins.{expr.id}" and not hasattr(builtins, expr.id):
            # No module binds it: a type parameter of a generic function or class.
            return Type("typevar", expr.id)
        if found.kind == "class":
            return instance(CONTAINERS.get(found.name, found.name))
        if found.kind == "external":
            last = found.name.rpartition(".")[2]
            if last in CONTAINERS and found.name.startswith(("typing.", "builtins.", "collections.")):
                return instance(CONTAINERS[last])
            if found.name in {"typing.Any", "builtins.object"}:
                return UNKNOWN
            return instance(found.name)
        return UNKNOWN

    def _alias(self, name: str, scope: Scope) -> tuple[Expr, Module] | None:
        """The expression that a module-level type alias stands for, and its module."""
        module = scope.module if isinstance(scope, FunctionInfo) else scope
        binding = self._inference.index.member(module, name)
        if binding is not None and binding.how == "value" and binding.value is not None:
            home = self._inference.index.module(binding.target)
            if home is not None:
                return binding.value, home
        return None

    def _generic(self, expr: Sub, scope: Scope, depth: int, as_class: bool) -> Type:
        base = self._inference.type_of(expr.value, scope, depth)
        last = base.name.rpartition(".")[2]
        items = (
            expr.index.items if isinstance(expr.index, Seq) and expr.index.kind == "tuple" else (expr.index,)
        )
        if base.name in self._inference.index.classes:
            arguments = tuple(self.annotation(i, scope, depth + 1) for i in items)
            return Type("class" if as_class else "instance", base.name, arguments)
        if last == "Annotated":
            found = self.annotation(items[0], scope, depth + 1)
            if not found:
                for item in items[1:]:
                    provider = self._inference.depends(item, scope, depth + 1)
                    if provider is not None:
                        return self._inference.provided(provider, scope, depth + 1)
            return found
        if last in _WRAPPERS:
            return self.annotation(items[0], scope, depth + 1)
        if last == "Union":
            parts = [self.annotation(i, scope, depth + 1) for i in items]
            return next((p for p in parts if p and p.name != "NoneType"), UNKNOWN)
        if last in {"type", "Type"}:
            found = self.annotation(items[0], scope, depth + 1)
            return replace(found, kind="class") if found.kind == "instance" else found
        if last in {"Awaitable", "Coroutine"}:
            return Type("coroutine", "", (self.annotation(items[-1], scope, depth + 1),))
        if last in {"Literal", "Callable"}:
            return instance("str") if last == "Literal" else UNKNOWN
        arguments = tuple(self.annotation(i, scope, depth + 1) for i in items)
        if last in CONTAINERS:
            return instance(CONTAINERS[last], *arguments)
        return Type("instance", canonical(base.name), arguments) if base.name else UNKNOWN

    def metadata(self, expr: Expr | None, scope: Scope, depth: int = 0) -> Iterator[tuple[Expr, Scope, Expr]]:
        """The metadata of `Annotated[...]`, through module-level aliases, with the annotated type."""
        if isinstance(expr, Const) and isinstance(expr.value, str):
            expr = self._parse(expr.value)
        if isinstance(expr, Sub):
            items = expr.index.items if isinstance(expr.index, Seq) else (expr.index,)
            for item in items[1:]:
                yield item, scope, items[0]
            if len(items) == 1 and dotted(expr.value).rpartition(".")[2] != "Annotated" and depth < 4:
                # `Indexed[int]`, where `Indexed = Annotated[T, mapped_column(index=True)]`.
                for item, home, _ in self.metadata(expr.value, scope, depth + 1):
                    yield item, home, items[0]
        elif isinstance(expr, (Name, Attr)) and depth < 4:
            module = scope.module if isinstance(scope, FunctionInfo) else scope
            if isinstance(expr, Attr):
                owner = self._inference.type_of(expr.value, scope)
                module = self._inference.index.module(owner.name) or module
            alias = self._alias(expr.id if isinstance(expr, Name) else expr.attr, module)
            if alias is not None:
                yield from self.metadata(*alias, depth + 1)

    def _parse(self, text: str) -> Expr | None:
        if text not in self._strings:
            parsed: Expr | None = None
            try:
                facts = msgspec.convert(extract(f"({text})"), ModuleFacts)
            except (SyntaxError, ValueError, RecursionError, msgspec.ValidationError):
                facts = None
            if facts is not None and facts.body and isinstance(facts.body[0], ExprStatement):
                parsed = facts.body[0].value
            self._strings[text] = parsed
        return self._strings[text]
