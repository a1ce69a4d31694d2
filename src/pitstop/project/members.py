"""What is inside of things: attributes, elements of containers, what a `with` binds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitstop.project import library, results
from pitstop.project.facts import Const, Seq, Sub
from pitstop.project.hierarchy import is_property, self_assignments
from pitstop.project.index import canonical
from pitstop.project.model import UNKNOWN, Type, awaited, instance

if TYPE_CHECKING:
    from pitstop.project.inference import Inference, Scope
    from pitstop.project.orm import Models, Relationship

_MANAGERS = {
    "contextlib.AbstractContextManager",
    "contextlib.AbstractAsyncContextManager",
    "typing.ContextManager",
    "typing.AsyncContextManager",
}
_RESOLVER_INFO = {"strawberry.Info", "strawberry.types.Info", "strawberry.types.info.Info"}
"""What GraphQL hands to a resolver; its first argument is the type of the context."""


class Members:
    """Types of attributes and elements."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference

    def attribute(self, value: Type, name: str, depth: int = 0) -> Type:
        """The type of `value.name`."""
        match value.kind:
            case "module":
                module = self._inference.index.module(value.name)
                binding = self._inference.index.member(module, name) if module is not None else None
                return (
                    self._inference.global_type(binding, depth, module, name)
                    if binding is not None
                    else UNKNOWN
                )
            case "external":
                return Type("external", canonical(f"{value.name}.{name}"))
            case "class":
                info = self._inference.index.classes.get(value.name)
                if info is None:
                    return Type("external", f"{value.name}.{name}")
                method = self._inference.member_function(value.name, name)
                if method is not None:
                    return Type("function", method.qualname)
                if f"{value.name}.{name}" in self._inference.index.classes:
                    return Type("class", f"{value.name}.{name}")
                found = self._declared(value, name, depth)
                if not found and self._inference.external_bases(value.name):
                    return Type(
                        "external", f"{self._inference.external_bases(value.name)[0]}.{name}", (value,)
                    )
                return found
            case "instance":
                if value.name in self._inference.index.classes:
                    return self._member(value, name, depth)
                if value.name == "contextmanager":
                    return UNKNOWN
                if value.name in _RESOLVER_INFO and name == "context" and value.args:
                    return value.args[0]
                return Type("external", f"{canonical(value.name)}.{name}", (value,))
            case _:
                return UNKNOWN

    def _member(self, value: Type, name: str, depth: int) -> Type:
        if name == "awaitable_attrs":
            # AsyncAttrs: the same attributes, each behind an await.
            return value
        method = self._inference.member_function(value.name, name)
        if method is not None:
            if is_property(method):
                return awaited(self._inference.returned(method, depth + 1))
            return Type("function", method.qualname, (value,))
        found = self._declared(value, name, depth)
        if found:
            return found
        for base in self._inference.external_bases(value.name):
            return Type("external", f"{base}.{name}", (value,))
        return UNKNOWN

    def _declared(self, value: Type, name: str, depth: int) -> Type:
        """An attribute from the class bodies, or from assignments to `self` in any method; None is what it is not yet."""
        relation = self._inference.models.relationship(value.name, name)
        if relation is not None and relation.target:
            target = Type(
                "instance",
                relation.target,
                loaded=value.loaded
                | self._inference.models.eager(relation.target)
                | _way_back(self._inference.models, relation),
                origin=value.origin,
            )
            return instance("list", target) if relation.many else target
        for cls in self._inference.mro(value.name):
            statement = cls.attributes.get(name)
            if statement is not None:
                found = (
                    self._inference.annotation(statement.annotation, cls.module, depth)
                    if statement.annotation
                    else UNKNOWN
                )
                found = found or self._inference.type_of(statement.value, cls.module, depth)
                if found and found.name != "NoneType":
                    return self._substituted_in(found, value)
            for method in sorted(cls.methods.values(), key=lambda m: m.name != "__init__"):
                for assigned in self_assignments(method).get(name, ()):
                    found = (
                        self._inference.annotation(assigned.annotation, method, depth)
                        if assigned.annotation
                        else UNKNOWN
                    )
                    found = found or self._inference.type_of(assigned.value, method, depth)
                    if found and found.name != "NoneType":
                        return self._substituted_in(found, value)
        return UNKNOWN

    def _substituted_in(self, found: Type, value: Type) -> Type:
        if found.kind != "typevar":
            return found
        for cls in self._inference.mro(value.name):
            for base in cls.node.bases:
                if isinstance(base, Sub):
                    index = base.index.items[0] if isinstance(base.index, Seq) else base.index
                    return self._inference.annotation(index, cls.module)
        return value.args[0] if value.args else UNKNOWN

    def element(self, container: Type) -> Type:
        """What iterating over a container gives."""
        if container.kind == "coroutine" and container.args:
            container = container.args[0]
        if container.name in {"list", "iterator", "tuple", "dict"}:
            return container.args[0] if container.args else UNKNOWN
        found = results.element(container)
        if found is not None:
            return found
        if container.kind == "instance":
            method = self._inference.member_function(
                container.name, "__iter__"
            ) or self._inference.member_function(container.name, "__aiter__")
            if method is not None:
                returned = self._inference.returned(method)
                return returned.args[0] if returned.name == "iterator" and returned.args else UNKNOWN
        return UNKNOWN

    def entered(self, manager: Type, depth: int = 0) -> Type:
        """What `with manager as x` binds to x."""
        manager = awaited(manager)
        if manager.name == "contextmanager" or manager.name in _MANAGERS:
            return manager.args[0] if manager.args else UNKNOWN
        for name in ("__aenter__", "__enter__"):
            method = self._inference.member_function(manager.name, name)
            if method is not None:
                found = awaited(self._inference.returned(method, depth + 1))
                return found or manager
        return results.entered(manager) or manager

    def subscript(self, expr: Sub, scope: Scope, depth: int) -> Type:
        value = self._inference.type_of(expr.value, scope, depth)
        if value.kind == "class" or (value.kind == "external" and value.name.startswith("typing.")):
            return self._inference.annotation(expr, scope, depth, as_class=True)
        if value.name == "dict":
            return value.args[1] if len(value.args) > 1 else UNKNOWN
        if (
            value.name in {"tuple", "sqlalchemy.Row"}
            and isinstance(expr.index, Const)
            and isinstance(expr.index.value, int)
        ):
            position = expr.index.value
            return value.args[position] if -len(value.args) <= position < len(value.args) else UNKNOWN
        item = library.item(value.name) if value.kind == "instance" else ""
        if item:
            return instance(item)
        if isinstance(expr.index, Const) or not expr.index:
            return self.element(value)
        tag = type(expr.index).__name__
        return value if tag == "OtherExpr" else self.element(value)


def _way_back(models: Models, relation: Relationship) -> frozenset[str]:
    """The relationship that leads back to the object that another was reached from: the session holds that object."""
    back = [
        other
        for other in models.relationships(relation.target).values()
        if not other.many and other.target == relation.model
    ]
    return frozenset({back[0].qualname}) if len(back) == 1 else frozenset()
