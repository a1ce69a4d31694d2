"""Which names of attributes and which schemas take part in a request: what may be read of a row before the answer is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pitstop.project.facts import Attr, Call, Const, Expr, Name, Op, Seq, Sub
from pitstop.project.model import FunctionInfo
from pitstop.project.routes import Route

if TYPE_CHECKING:
    from pitstop.project import Project

_VALIDATES = {"asdict", "dict", "from_orm", "jsonable_encoder", "model_dump", "model_validate", "parse_obj", "to_dict"} | {
    "validate_python", "TypeAdapter",
}  # fmt: skip
_WALKS = {
    "TemplateResponse",
    "get_template",
    "jsonable_encoder",
    "render_template",
}

_PLAIN_BASES = frozenset({"abc.ABC", "builtins.object", "object", "typing.Generic", "typing.Protocol"})
_LONG = 60
"""A string of this length is text, and no name of an attribute."""


@dataclass(frozen=True, slots=True)
class Mentioned:
    """What one function mentions.

    `anything` says that it may read attributes by names that it does not tell itself; `walks` that it may even read those that
    nothing in the project names: a template, or a walk over all that an object holds.
    """

    attributes: frozenset[str]
    classes: frozenset[str]
    anything: bool
    walks: bool


class Mentions:
    """What functions and routes mention."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._functions: dict[str, Mentioned] = {}
        self._fields: dict[str, frozenset[str]] = {}
        self._routes: dict[int, Mentioned] = {}

    def of(self, function: FunctionInfo) -> Mentioned:
        """What a function itself mentions: attributes read, strings that may name one, classes."""
        known = self._functions.get(function.qualname)
        if known is None:
            known = self._functions[function.qualname] = self._of(function)
        return known

    def _of(self, function: FunctionInfo) -> Mentioned:
        types, classes = self._project.types, self._project.index.classes
        attributes: set[str] = set()
        named: set[str] = set()
        anything = walks = False
        for site in function.sites:
            node = site.node
            match node:
                case Attr():
                    owner = types.type_of(node.value, function)
                    if owner.kind != "class" and not (owner.kind == "external" and not owner.args):
                        attributes.add(node.attr)
                    if node.attr == "__dict__":
                        attributes.add(whole(owner.name))
                        walks = walks or not owner
                case Const():
                    attributes.update(_named(node))
                case Call():
                    anything = anything or self._reads_anything(node, function)
                    walks = walks or _last(node) in _WALKS
            if isinstance(node, (Name, Attr)):
                found = types.type_of(node, function)
                if found.kind == "class" and found.name in classes:
                    named.add(found.name)
        for expr in self._annotations(function):
            named |= self._classes(expr, function)
        return Mentioned(frozenset(attributes), frozenset(named), anything, walks)

    def _reads_anything(self, call: Call, function: FunctionInfo) -> bool:
        last = _last(call)
        if last in {"getattr", "attrgetter"} and not all(isinstance(a, Const) for a in call.args[1:2]):
            return True
        if last not in _VALIDATES:
            return False
        if isinstance(call.func, Attr):
            owner = self._project.types.type_of(call.func.value, function)
            if owner.kind == "instance" and owner.name in self._project.models.all:
                return True
            # A schema that is known has its fields counted; one that is not may have any.
            return not owner or owner.kind == "typevar"
        return False

    def _annotations(self, function: FunctionInfo) -> Iterator[Expr]:
        if function.node.returns is not None:
            yield function.node.returns
        for parameter in function.node.parameters:
            if parameter.annotation is not None:
                yield parameter.annotation

    def _classes(self, expr: Expr | None, function: FunctionInfo) -> set[str]:
        """The project's classes named in an annotation."""
        found: set[str] = set()
        todo = [expr]
        while todo:
            node = todo.pop()
            match node:
                case Sub():
                    todo += [node.value, node.index]
                case Seq():
                    todo += node.items
                case Op():
                    todo += node.operands
                case Name() | Attr() | Const():
                    kind = self._project.types.annotation(node, function)
                    for one in (kind, *kind.args):
                        if one.name in self._project.index.classes:
                            found.add(one.name)
        return found

    # --- routes --------------------------------------------------------------------------------------------------

    def of_route(self, route: Route) -> Mentioned:
        """What all functions mention that a route may run, and the fields of the schemas among them."""
        known = self._routes.get(id(route))
        if known is None:
            known = self._routes[id(route)] = self._of_route(route)
        return known

    def _of_route(self, route: Route) -> Mentioned:
        attributes: set[str] = set()
        classes: set[str] = set()
        anything, walks = False, self._is_walked(route)
        for name in self.way(route):
            mentioned = self.of(self._project.index.functions[name])
            attributes |= mentioned.attributes
            classes |= mentioned.classes
            anything = anything or mentioned.anything
            walks = walks or mentioned.walks
        if route.decorator is not None:
            for keyword in route.decorator.keywords:
                if keyword.name == "response_model":
                    classes |= self._classes(keyword.value, route.function)
        for cls in classes:
            attributes |= self.fields(cls)
        self._through_properties(attributes)
        return Mentioned(frozenset(attributes), frozenset(classes), anything, walks)

    def _through_properties(self, attributes: set[str]) -> None:
        """Add what the properties of models read that are among the attributes."""
        todo = list(attributes & self._properties.keys())
        while todo:
            further = self._properties[todo.pop()] - attributes
            attributes |= further
            todo.extend(further & self._properties.keys())

    @cached_property
    def _properties(self) -> dict[str, set[str]]:
        """What the properties of all models mention, by name."""
        found: dict[str, set[str]] = {}
        for model in self._project.models.all:
            for cls in self._project.types.mro(model):
                for name, method in cls.methods.items():
                    if method.node.decorators:
                        found.setdefault(name, set()).update(self.of(method).attributes)
        return found

    def answers_with(self, route: Route, name: str) -> bool:
        """Whether the schema of a route's answer has a field of this name."""
        given = [route.function.node.returns]
        if route.decorator is not None:
            given.append(route.decorator.keyword("response_model"))
        classes = {cls for expr in given for cls in self._classes(expr, route.function)}
        return any(name in self.fields(cls) for cls in classes)

    def way(self, route: Route) -> set[str]:
        """The functions that a route may run, by qualified name."""
        seen: set[str] = set()
        todo = [route.function, *route.dependencies]
        while todo:
            function = todo.pop()
            if function.qualname in seen:
                continue
            seen.add(function.qualname)
            todo.extend(edge.target for edge in self._project.calls.edges(function))
            todo.extend(function.nested.values())
        return seen

    def _is_walked(self, route: Route) -> bool:
        """Whether FastAPI sends rows with all that they have loaded: a model is returned, and no schema says what of it."""
        function = route.function
        declared = route.decorator is not None and route.decorator.keyword("response_model") is not None
        if declared or function.node.returns is not None:
            return False
        for value in function.returns:
            found = self._project.types.type_of(value, function)
            for one in (found, *found.args):
                if not one or one.name in self._project.models.all:
                    return True
        return False

    def fields(self, name: str) -> frozenset[str]:
        """The fields of a schema and of those nested in it; of a mapped class none, nor of one whose methods run only where they are called."""
        known = self._fields.get(name)
        if known is not None:
            return known
        self._fields[name] = frozenset()
        info = self._project.index.classes.get(name)
        if info is None or name in self._project.models.all or self._is_plain(name):
            return frozenset()
        found: set[str] = set()
        for cls in self._project.types.mro(name):
            for attribute, node in cls.attributes.items():
                found.add(attribute)
                if isinstance(node.value, Call):
                    alias = node.value.keyword("validation_alias") or node.value.keyword("alias")
                    if isinstance(alias, Const) and isinstance(alias.value, str):
                        found.add(alias.value)
                if node.annotation is not None:
                    todo = [self._project.types.annotation(node.annotation, cls.module)]
                    while todo:
                        one = todo.pop()
                        found |= self.fields(one.name) if one.name else set()
                        todo.extend(one.args)
            for method in cls.methods.values():
                found |= self.of(method).attributes
        self._fields[name] = frozenset(found)
        return self._fields[name]

    def _is_plain(self, name: str) -> bool:
        """Whether a class makes its objects itself, and no other package knows of it: a service, a repository."""
        makes = any("__init__" in cls.methods for cls in self._project.types.mro(name))
        return makes and _PLAIN_BASES.issuperset(self._project.types.external_bases(name))

    # --- the whole project -----------------------------------------------------------------------------------------

    @cached_property
    def readers(self) -> dict[str, list[FunctionInfo]]:
        """The functions that mention each attribute that is a relationship of some model."""
        wanted = {r for m in self._project.models.all.values() for r in m.relationships}
        found: dict[str, list[FunctionInfo]] = {}
        for function in self._project.functions:
            if "down_revision" in function.module.bindings:
                # A migration of Alembic names tables and columns, and never loads a row of a model.
                continue
            for name in {n for site in function.sites for n in _named(site.node) if n in wanted}:
                found.setdefault(name, []).append(function)
        return found

    @cached_property
    def schema_fields(self) -> frozenset[str]:
        """The fields of all classes that are no models."""
        found: set[str] = set()
        for name, info in self._project.index.classes.items():
            if name not in self._project.models.all:
                found.update(info.attributes)
        return frozenset(found)


def whole(model: str) -> str:
    """The mark, among attributes, of one that reads all that an object of this class holds."""
    return f"*{model}"


def _named(node: Expr) -> tuple[str, ...]:
    """Attributes that an expression names, as such or in a string."""
    if isinstance(node, Attr):
        return (node.attr,)
    if isinstance(node, Const) and isinstance(node.value, str) and len(node.value) < _LONG:
        return tuple(node.value.split("."))
    return ()


def _last(call: Call) -> str:
    return call.func.attr if isinstance(call.func, Attr) else getattr(call.func, "id", "")
