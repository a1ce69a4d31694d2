"""What an expression is: types from annotations, `Depends`, assignments, attributes and returns, across modules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pitstop.project.annotations import CONTAINERS, Annotations
from pitstop.project.facts import (
    Attr,
    Await,
    Call,
    Comp,
    Const,
    Dict,
    Expr,
    Format,
    IfExp,
    Name,
    Op,
    Parameter,
    Seq,
    Star,
    Sub,
    Walrus,
)
from pitstop.project.hierarchy import Hierarchy, is_property, self_assignments
from pitstop.project.index import Index, canonical
from pitstop.project.members import Members
from pitstop.project.model import UNKNOWN, Binding, ClassInfo, FunctionInfo, Module, Type, instance
from pitstop.project.order import MOST_BINDINGS, seen
from pitstop.project.orm import Models
from pitstop.project.returns import Returns

__all__ = ["Inference", "Scope", "is_property", "self_assignments"]

Scope = FunctionInfo | Module

_BUILTINS = {"int", "str", "float", "bool", "bytes", "object", "complex", "bytearray"}
_DEPTH = 24


class Inference:
    """Types of expressions in an indexed project. Answers are cached; what cannot be told is `UNKNOWN`."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.models = Models(index, self)
        self._expressions: dict[tuple[int, int], Type] = {}
        # Keyed by identity: the trees live as long as the index, and positions repeat in quoted annotations.
        self._busy: set[object] = set()
        self._hierarchy = Hierarchy(index, self)
        self._annotations = Annotations(self)
        self._members = Members(self)
        self._returns = Returns(self)

    # --- expressions ---------------------------------------------------------------------------------------------

    def type_of(self, expr: Expr | None, scope: Scope, depth: int = 0) -> Type:
        """The type of an expression as read in `scope`."""
        if expr is None or depth > _DEPTH:
            return UNKNOWN
        key = (id(scope), id(expr))
        known = self._expressions.get(key)
        if known is not None:
            return known
        if key in self._busy:
            return UNKNOWN
        self._busy.add(key)
        try:
            found = self._type_of(expr, scope, depth + 1)
        finally:
            self._busy.discard(key)
        # What was cut off by the depth limit may be known when asked from nearer.
        if found or depth < _DEPTH // 2:
            self._expressions[key] = found
        return found

    def _type_of(self, expr: Expr, scope: Scope, depth: int) -> Type:
        match expr:
            case Name():
                return self._name(expr, scope, depth)
            case Attr():
                return self.attribute(self.type_of(expr.value, scope, depth), expr.attr, depth)
            case Call():
                return self._returns.call(expr, scope, depth)
            case Await():
                inner = self.type_of(expr.value, scope, depth)
                return inner.args[0] if inner.kind == "coroutine" and inner.args else inner
            case Const():
                return instance(expr.kind)
            case Format():
                return instance("str")
            case Seq():
                items = tuple(self.type_of(item, scope, depth) for item in expr.items[:8])
                if expr.kind == "tuple":
                    return instance("tuple", *items)
                return instance("list", next((item for item in items if item), UNKNOWN))
            case Dict():
                value = self.type_of(expr.values[0], scope, depth) if expr.values else UNKNOWN
                return instance("dict", instance("str"), value)
            case Comp():
                element = self.type_of(expr.elements[-1], scope, depth)
                if expr.kind == "dict":
                    return instance("dict", self.type_of(expr.elements[0], scope, depth), element)
                return instance("iterator" if expr.kind == "generator" else "list", element)
            case Sub():
                return self._members.subscript(expr, scope, depth)
            case IfExp():
                return self.type_of(expr.body, scope, depth) or self.type_of(expr.orelse, scope, depth)
            case Op() if expr.op in {"Or", "And"}:
                operands = reversed(expr.operands) if expr.op == "And" else iter(expr.operands)
                return next(
                    (
                        t
                        for t in (self.type_of(o, scope, depth) for o in operands)
                        if t and t.name != "NoneType"
                    ),
                    UNKNOWN,
                )
            case Op() if expr.op == "BitOr":
                return self.annotation(expr, scope, depth) if _looks_like_union(expr) else UNKNOWN
            case Walrus() | Star():
                return self.type_of(expr.value, scope, depth)
            case _:
                return UNKNOWN

    def _name(self, expr: Name, scope: Scope, depth: int) -> Type:
        name = expr.id
        current: FunctionInfo | None = scope if isinstance(scope, FunctionInfo) else None
        while current is not None:
            found = current.bindings.get(name)
            if found:
                return self._bound(seen(current, found, expr) if current is scope else found, current, depth)
            current = current.parent
        module = scope.module if isinstance(scope, FunctionInfo) else scope
        binding = self.index.member(module, name)
        if binding is None:
            if name in _BUILTINS or name in CONTAINERS:
                return Type("class", name)
            return Type("external", f"builtins.{name}")
        return self.global_type(binding, depth, module, name)

    def global_type(
        self, binding: Binding, depth: int = 0, module: Module | None = None, name: str = ""
    ) -> Type:
        """The type of what a module-level binding stands for."""
        match binding.how:
            case "class":
                return Type("class", binding.target)
            case "function":
                return Type("function", binding.target)
            case "import":
                inner = self.index.module(binding.target)
                if inner is not None:
                    return Type("module", inner.name)
                return Type("external", canonical(binding.target))
            case _:
                home = self.index.module(binding.target) or module
                if home is None:
                    return UNKNOWN
                every = home.bindings.get(name, []) if name and home is module else [binding]
                # `import app.models` and then `app = FastAPI()`: what is assigned goes before a package of the same name.
                if len(every) > 1:
                    every = sorted(every, key=lambda each: each.how == "import")
                return self._bound(every or [binding], home, depth)

    def _bound(self, bindings: list[Binding], scope: Scope, depth: int) -> Type:
        """The type of a name with several bindings: the first one known, with what any of them loads."""
        first = UNKNOWN
        if len(bindings) > 2 * MOST_BINDINGS:
            bindings = [*bindings[:MOST_BINDINGS], *bindings[-MOST_BINDINGS:]]
        for binding in bindings:
            found = self._binding(binding, scope, depth)
            if found and found.name != "NoneType":
                # An annotation says what it is; a value may add where it comes from.
                is_annotation = binding.how == "annotation" and not _tells_more(first, found)
                if not first or is_annotation or _tells_more(found, first):
                    first, found = found, first
                first = _loading_too(first, found)
        return first

    def _binding(self, binding: Binding, scope: Scope, depth: int) -> Type:
        match binding.how:
            case "parameter":
                assert binding.parameter is not None
                return self.parameter(binding.parameter, scope, depth)
            case "annotation":
                found = self.annotation(binding.value, scope, depth)
            case "element":
                found = self.element(self.type_of(binding.value, scope, depth))
            case "enter":
                found = self.entered(self.type_of(binding.value, scope, depth), depth)
            case "function" | "class":
                return Type(binding.how, binding.target)
            case "import":
                resolved = self.index.resolve(binding.target)
                return self.global_type(resolved or binding, depth)
            case _:
                found = self.type_of(binding.value, scope, depth)
        for position in binding.index:
            found = self._unpacked(found, position)
        return found

    def _unpacked(self, found: Type, position: int) -> Type:
        if found.name in {"tuple", "sqlalchemy.Row"}:
            return found.args[position] if position < len(found.args) else UNKNOWN
        return self.element(found)

    def parameter(self, parameter: Parameter, scope: Scope, depth: int = 0) -> Type:
        """The type of a parameter: its annotation, what its `Depends` returns, or the class of a method's `self`."""
        if (
            isinstance(scope, FunctionInfo)
            and scope.owner is not None
            and scope.node.parameters[0] is parameter
        ):
            names = {getattr(d, "id", "") for d in scope.node.decorators}
            if "staticmethod" not in names:
                kind = "class" if "classmethod" in names or parameter.name == "cls" else "instance"
                return Type(kind, scope.owner.qualname)  # type: ignore[arg-type] # both are kinds
        if parameter.annotation is not None:
            found = self.annotation(parameter.annotation, scope, depth)
            if found:
                if parameter.kind == "*":
                    return instance("tuple", found)
                return instance("dict", instance("str"), found) if parameter.kind == "**" else found
        # Defaults are read outside of the function: `session = Depends(session)` does not mean itself.
        outer = (scope.parent or scope.module) if isinstance(scope, FunctionInfo) else scope
        provider = self.depends(parameter.default, outer, depth)
        if provider is not None:
            return self.provided(provider, outer, depth)
        return self.type_of(parameter.default, outer, depth) if parameter.default is not None else UNKNOWN

    def depends(self, expr: Expr | None, scope: Scope, depth: int = 0) -> Expr | None:
        """The callable inside `Depends(...)` or `Security(...)`."""
        if not isinstance(expr, Call):
            return None
        name = self.type_of(expr.func, scope, depth).name
        if name in {"fastapi.Depends", "fastapi.Security", "fastapi.params.Security"}:
            return expr.argument(0, "dependency")
        return None

    def provided(self, provider: Expr, scope: Scope, depth: int = 0) -> Type:
        """What a dependency hands over: an instance of a class, the value returned or yielded by a function."""
        return self.called(self.type_of(provider, scope, depth), depth, unwrap=True)

    # --- calls, annotations, members, bases -----------------------------------------------------------------------------

    def called(self, target: Type, depth: int = 0, *, unwrap: bool = False) -> Type:
        """What calling `target` gives; with `unwrap` also awaited, and the yielded value of a generator."""
        return self._returns.called(target, depth, unwrap=unwrap)

    def returned(self, info: FunctionInfo, depth: int = 0) -> Type:
        """What calling a function gives: a coroutine for `async def`, an iterator for a generator."""
        return self._returns.returned(info, depth)

    def annotation(self, expr: Expr | None, scope: Scope, depth: int = 0, *, as_class: bool = False) -> Type:
        """The type that an annotation promises; of a union the first part that is known."""
        return self._annotations.annotation(expr, scope, depth, as_class=as_class)

    def metadata(self, expr: Expr | None, scope: Scope) -> Iterator[tuple[Expr, Scope, Expr]]:
        """What `Annotated[...]` holds beside the type, with the scope it is read in and the annotated type."""
        return self._annotations.metadata(expr, scope)

    def attribute(self, value: Type, name: str, depth: int = 0) -> Type:
        """The type of `value.name`."""
        return self._members.attribute(value, name, depth)

    def element(self, container: Type) -> Type:
        """What iterating over a container gives."""
        return self._members.element(container)

    def entered(self, manager: Type, depth: int = 0) -> Type:
        """What `with manager as x` binds to x."""
        return self._members.entered(manager, depth)

    def mro(self, name: str) -> tuple[ClassInfo, ...]:
        """A class of the project and its bases within the project, nearest first."""
        return self._hierarchy.mro(name)

    def bases(self, info: ClassInfo) -> list[ClassInfo]:
        """The direct bases that are classes of the project."""
        return self._hierarchy.bases(info)

    def external_bases(self, name: str) -> list[str]:
        """Canonical names of all bases outside of the project."""
        return self._hierarchy.external_bases(name)

    def member_function(self, name: str, member: str) -> FunctionInfo | None:
        """The method that an attribute of a class means, through its bases."""
        return self._hierarchy.member_function(name, member)


def _tells_more(value: Type, annotation: Type) -> bool:
    """Whether a value is what the annotation says, and comes from a query that the annotation cannot know."""
    if value.name != annotation.name or value.kind != annotation.kind:
        return False
    if value.name == "list":
        return bool(value.args and annotation.args) and _tells_more(value.args[0], annotation.args[0])
    return value.origin is not None and annotation.origin is None


def _loading_too(found: Type, other: Type) -> Type:
    """A type with what another one of its kind loads: options are often added on a branch."""
    if found.name != other.name or found is other:
        return found
    inner = (_loading_too(a, b) for a, b in zip(found.args, other.args, strict=False))
    args = (*inner, *found.args[len(other.args) :])
    return replace(found, args=args, loaded=found.loaded | other.loaded)


def _looks_like_union(expr: Op) -> bool:
    return all(
        isinstance(o, (Name, Attr, Sub, Const)) or (isinstance(o, Op) and o.op == "BitOr")
        for o in expr.operands
    )
