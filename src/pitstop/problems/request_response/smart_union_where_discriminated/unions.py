"""Unions of models in annotations: which a model holds, and by which tag they could be told apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pitstop.project.annotations import CONTAINERS
from pitstop.project.facts import Assign, Attr, Call, Const, Expr, Name, Op, Seq, Sub

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import ClassInfo, Module

_PYDANTIC = {"pydantic.BaseModel", "sqlmodel.SQLModel", "sqlmodel.main.SQLModel", "pydantic.RootModel"}
_TELLS_HOW = {"Discriminator", "Tag", "BeforeValidator", "WrapValidator", "PlainValidator", "SkipValidation"}
_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Union:
    """A union of models that one field tells apart, and that does not say so."""

    node: Expr
    module: Module
    owner: str
    """The qualified name of the model that holds it, or of the module."""
    models: tuple[str, ...]
    tag: str
    required: bool
    """Whether each of the models demands the tag: one with a default may be left out by clients."""


@dataclass(slots=True)
class Content:
    """What an annotation, or the fields of a model, lead to; each with whether there may be many of it."""

    unions: list[tuple[Union, bool]] = field(default_factory=list)
    models: list[tuple[str, bool]] = field(default_factory=list)


class Unions:
    """The unions that annotations and models of a project hold."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._models: dict[str, Content] = {}
        self._tags: dict[str, dict[str, tuple[frozenset[str], bool]]] = {}

    def reached(self, annotation: Expr, module: Module) -> Iterator[tuple[Union, bool]]:
        """The unions in an annotation and in the models it leads to, and whether there may be many of each."""
        first = Content()
        self._annotation(annotation, module, module.name, False, first, 0)
        seen: set[tuple[str, bool]] = set()
        yield from first.unions
        todo = list(first.models)
        while todo:
            name, many = todo.pop()
            if (name, many) in seen or (name, True) in seen:
                continue
            seen.add((name, many))
            content = self._content(name)
            yield from ((union, many or inner) for union, inner in content.unions)
            todo.extend((model, many or inner) for model, inner in content.models)

    def _content(self, name: str) -> Content:
        """What the fields of a model lead to."""
        if name not in self._models:
            self._models[name] = content = Content()
            for node, cls in self._fields(name).values():
                if node.annotation is not None and not says_how(node.value):
                    self._annotation(node.annotation, cls.module, cls.qualname, False, content, 0)
        return self._models[name]

    def _fields(self, name: str) -> dict[str, tuple[Assign, ClassInfo]]:
        found: dict[str, tuple[Assign, ClassInfo]] = {}
        for cls in self._project.types.mro(name):
            for attribute, node in cls.attributes.items():
                found.setdefault(attribute, (node, cls))
        return found

    def _annotation(
        self, expr: Expr, module: Module, owner: str, many: bool, content: Content, depth: int
    ) -> None:
        """Add what an annotation holds to `content`."""
        if depth > _DEPTH:
            return
        match expr:
            case Op() if expr.op == "BitOr":
                self._union(expr, tuple(_alternatives(expr)), module, owner, many, content, depth)
            case Name() | Attr():
                self._named(expr, module, many, content, depth)
            case Sub():
                self._generic(expr, module, owner, many, content, depth)
            case _:
                return

    def _named(self, expr: Name | Attr, module: Module, many: bool, content: Content, depth: int) -> None:
        home, name = module, expr.id if isinstance(expr, Name) else expr.attr
        if isinstance(expr, Attr):
            outer = self._project.index.module(self._project.types.type_of(expr.value, module).name)
            if outer is None:
                return
            home = outer
        binding = self._project.index.member(home, name)
        if binding is None:
            return
        if binding.how == "class":
            if self._is_model(binding.target):
                content.models.append((binding.target, many))
        elif binding.how == "value" and binding.value is not None and binding.value is not expr:
            place = self._project.index.module(binding.target)
            if place is not None:
                self._annotation(binding.value, place, place.name, many, content, depth + 1)

    def _generic(
        self, expr: Sub, module: Module, owner: str, many: bool, content: Content, depth: int
    ) -> None:
        name = self._project.types.type_of(expr.value, module).name
        last = name.rpartition(".")[2]
        items = _items(expr)
        if last in {"Literal", "Callable", "type", "Type"} or not items:
            return
        if last == "Annotated":
            if any(says_how(item) for item in items[1:]):
                # The union itself is told apart; what its models hold is looked at all the same.
                for each in self._members(items[0], module, depth):
                    content.models.append((each, many))
            else:
                self._annotation(items[0], module, owner, many, content, depth + 1)
        elif last == "Union":
            self._union(expr, items, module, owner, many, content, depth)
        else:
            if self._is_model(name):
                content.models.append((name, many))
            # A page of items is a model with a list, as a rule.
            several = many or last in CONTAINERS or name in self._project.index.classes
            for item in items:
                self._annotation(item, module, owner, several, content, depth + 1)

    def _union(
        self,
        expr: Expr,
        items: tuple[Expr, ...],
        module: Module,
        owner: str,
        many: bool,
        content: Content,
        depth: int,
    ) -> None:
        given = [item for item in items if not _is_none(item)]
        models = [self._model(item, module) for item in given]
        tag = self._tag([m for m in models if m]) if all(models) and len(models) > 1 else None
        if tag is not None:
            content.unions.append((Union(expr, module, owner, tuple(models), *tag), many))
        for item in given:
            self._annotation(item, module, owner, many, content, depth + 1)

    def _members(self, expr: Expr, module: Module, depth: int) -> Iterator[str]:
        """The models directly in a union, also behind a name for it."""
        content = Content()
        self._annotation(expr, module, module.name, False, content, depth + 1)
        yield from (name for name, _ in content.models)

    def _model(self, expr: Expr, module: Module) -> str:
        found = self._project.types.type_of(expr, module) if isinstance(expr, (Name, Attr)) else None
        return (
            found.name if found is not None and found.kind == "class" and self._is_model(found.name) else ""
        )

    def _is_model(self, name: str) -> bool:
        return name in self._project.index.classes and bool(
            _PYDANTIC & set(self._project.types.external_bases(name))
        )

    def _tag(self, models: list[str]) -> tuple[str, bool] | None:
        """The field by whose literal values all of the models differ, and whether each demands it."""
        each = [self._literals(model) for model in models]
        for name in each[0]:
            if not all(name in literals for literals in each):
                continue
            values = [literals[name][0] for literals in each]
            if sum(map(len, values)) == len(frozenset().union(*values)):
                return name, all(literals[name][1] for literals in each)
        return None

    def _literals(self, model: str) -> dict[str, tuple[frozenset[str], bool]]:
        """The fields of a model that hold one of a few given values, and whether the field has no default."""
        if model not in self._tags:
            found = {}
            for name, (node, cls) in self._fields(model).items():
                annotation = node.annotation
                if not isinstance(annotation, Sub):
                    continue
                if self._project.types.type_of(annotation.value, cls.module).name == "typing.Literal":
                    values = frozenset(cls.module.text(item) for item in _items(annotation))
                    found[name] = values, node.value is None
            self._tags[model] = found
        return self._tags[model]


def _alternatives(expr: Op) -> Iterator[Expr]:
    for operand in expr.operands:
        if isinstance(operand, Op) and operand.op == "BitOr":
            yield from _alternatives(operand)
        else:
            yield operand


def _items(expr: Sub) -> tuple[Expr, ...]:
    return expr.index.items if isinstance(expr.index, Seq) and expr.index.kind == "tuple" else (expr.index,)


def _is_none(expr: Expr) -> bool:
    return isinstance(expr, Const) and expr.kind == "NoneType"


def says_how(expr: Expr | None) -> bool:
    """Whether metadata or a default says how a union is told apart, or takes its validation over."""
    if not isinstance(expr, Call):
        return isinstance(expr, (Name, Attr)) and _last(expr) in _TELLS_HOW
    if any(keyword.name in {"discriminator", "union_mode", None} for keyword in expr.keywords):
        return True
    return _last(expr.func) in _TELLS_HOW


def _last(expr: Expr) -> str:
    return expr.attr if isinstance(expr, Attr) else getattr(expr, "id", "")
