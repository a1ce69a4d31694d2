"""The functions that FastAPI runs before a handler: `Depends` in every spelling, with what they depend on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pitstop.project.facts import Attr, Call, Const, Expr, Name, Parameter, dotted
from pitstop.project.index import Index
from pitstop.project.inference import Inference, Scope
from pitstop.project.model import ClassInfo, FunctionInfo, Type


@dataclass(frozen=True, slots=True)
class Need:
    """One `Depends(...)` as it is written, what it names, and where that is read."""

    provider: Expr
    scope: Scope
    node: Call

    @property
    def is_cached(self) -> bool:
        """Whether what was given before in the same request is taken again, as it is but for `use_cache=False`."""
        given = self.node.keyword("use_cache")
        return not (isinstance(given, Const) and given.value is False)


class Dependencies:
    """Dependencies of handlers and of dependencies."""

    def __init__(self, index: Index, inference: Inference) -> None:
        self._index = index
        self._inference = inference
        self._replaced: dict[str, FunctionInfo | None] = {}

    def replace(self, original: Expr, by: Expr, scope: Scope) -> None:
        """Note `app.dependency_overrides[original] = by`; what stands in the place of a function may be unknown."""
        found = self._inference.type_of(original, scope)
        info = self._function(found)
        if info is not None:
            self._replaced[info.qualname] = self._function(self._inference.type_of(by, scope))

    def of(self, function: FunctionInfo, found: dict[str, FunctionInfo]) -> None:
        """Add what the parameters of a function depend on, by qualified name, in the order of the text."""
        for need in self.needs(function):
            self.add(need.provider, need.scope, found)

    def needs(self, function: FunctionInfo) -> Iterator[Need]:
        """What the parameters of a function depend on, as it is written."""
        for parameter in function.node.parameters:
            need = self.need(parameter, function)
            if need is not None:
                yield need

    def need(self, parameter: Parameter, function: FunctionInfo) -> Need | None:
        """What a parameter of a function depends on."""
        # Defaults are read outside of the function: `session = Depends(session)` does not mean itself.
        return self._declared(parameter.default, parameter.annotation, function.parent or function.module)

    def of_class(self, owner: ClassInfo, found: dict[str, FunctionInfo]) -> None:
        """Add what the attributes of a class with handlers depend on: `user: User = Depends(current_user)`."""
        seen: set[str] = set()
        for cls in self._inference.mro(owner.qualname):
            for name, attribute in cls.attributes.items():
                if name not in seen:
                    seen.add(name)
                    need = self._declared(attribute.value, attribute.annotation, cls.module)
                    if need is not None:
                        self.add(need.provider, need.scope, found)

    def _declared(self, default: Expr | None, annotation: Expr | None, home: Scope) -> Need | None:
        default, home = self._named(default, home)
        node, provider = default, self._inference.depends(default, home)
        if provider is None and default is not None and _is_bare_depends(default):
            provider = annotation if isinstance(annotation, (Name, Attr)) else None
        if provider is None and annotation is not None:
            for metadata, where, bare in self._inference.metadata(annotation, home):
                inner = self._inference.depends(metadata, where)
                if inner is None and _is_bare_depends(metadata):
                    inner = bare
                if inner is not None:
                    provider, home, node = inner, where, metadata
        return Need(provider, home, node) if provider is not None and isinstance(node, Call) else None

    def add(self, provider: Expr, scope: Scope, found: dict[str, FunctionInfo]) -> None:
        """Add the function that a provider stands for, and what it depends on in turn."""
        info = self.given_by(provider, scope)
        if info is not None and info.qualname not in found:
            found[info.qualname] = info
            self.of(info, found)

    def given_by(self, provider: Expr, scope: Scope) -> FunctionInfo | None:
        """The function that a provider stands for, or what the service puts in its place."""
        made, home = self._named(provider, scope)
        partial = _called_by_partial(made)
        if partial is not None:
            provider, scope = partial, home
        info = self._function(self._inference.type_of(provider, scope))
        return self._replaced[info.qualname] if info is not None and info.qualname in self._replaced else info

    def _named(self, expr: Expr | None, scope: Scope) -> tuple[Expr | None, Scope]:
        """The call that a name of a module stands for, with where it is written: `Session = Depends(session)`; else what is given."""
        if not isinstance(expr, Name) or (isinstance(scope, FunctionInfo) and expr.id in scope.bindings):
            return expr, scope
        module = scope.module if isinstance(scope, FunctionInfo) else scope
        binding = self._index.member(module, expr.id)
        home = self._index.module(binding.target) if binding is not None else None
        if binding is None or home is None or binding.how != "value" or not isinstance(binding.value, Call):
            return expr, scope
        return binding.value, home

    def _function(self, target: Type) -> FunctionInfo | None:
        """What runs when a function, a class or an instance is called."""
        match target.kind:
            case "function":
                return self._index.functions.get(target.name)
            case "class":
                return self._inference.member_function(target.name, "__init__")
            case "instance":
                return self._inference.member_function(target.name, "__call__")
            case _:
                return None


def provider_of(types: Inference, function: FunctionInfo, name: str) -> Type | None:
    """What `Depends(...)` names for a parameter of a function; None where the parameter depends on nothing named."""
    parameter = next((p for p in function.node.parameters if p.name == name), None)
    if parameter is None:
        return None
    home = function.parent or function.module
    found = types.depends(parameter.default, home)
    if found is not None:
        return types.type_of(found, home)
    if parameter.annotation is not None:
        for metadata, where, _ in types.metadata(parameter.annotation, home):
            inner = types.depends(metadata, where)
            if inner is not None:
                return types.type_of(inner, where)
    return None


def _called_by_partial(provider: Expr | None) -> Expr | None:
    """`function` for `partial(function, ...)`; None for anything else."""
    if (
        isinstance(provider, Call)
        and dotted(provider.func) in {"partial", "functools.partial"}
        and provider.args
    ):
        return provider.args[0]
    return None


def _is_bare_depends(expr: Expr) -> bool:
    if not isinstance(expr, Call) or expr.args or expr.keyword("dependency") is not None:
        return False
    name = expr.func.attr if isinstance(expr.func, Attr) else getattr(expr.func, "id", "")
    return name in {"Depends", "Security"}
