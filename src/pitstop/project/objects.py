"""Which object of the program an expression means, so that the same app or router is known from wherever it is reached."""

from __future__ import annotations

from pitstop.project.facts import Attr, Call, Const, Expr, Format, Name
from pitstop.project.index import Index
from pitstop.project.inference import Inference, Scope
from pitstop.project.model import FunctionInfo, Module


class Objects:
    """Names of objects, and the texts of paths made of them."""

    def __init__(self, index: Index, inference: Inference) -> None:
        self._index = index
        self._inference = inference

    def identity(self, expr: Expr | None, scope: Scope, depth: int = 0) -> str:
        """A name for the object that an expression means, the same from wherever it is reached."""
        if depth > 8:
            return ""
        module = scope.module if isinstance(scope, FunctionInfo) else scope
        match expr:
            case Name():
                function = scope if isinstance(scope, FunctionInfo) else None
                while function is not None:
                    for binding in function.bindings.get(expr.id, ()):
                        if binding.how == "value" and isinstance(binding.value, (Name, Attr)):
                            return self.identity(binding.value, function, depth + 1)
                        if binding.how == "import":
                            return self._imported(binding.target)
                        if binding.how == "value" and isinstance(binding.value, Call) and not binding.index:
                            made = self.identity(binding.value, function, depth + 1)
                            if made:
                                return made
                        return f"{function.qualname}:{expr.id}"
                    function = function.parent
                return self.named(module, expr.id, depth)
            case Attr():
                owner = self._inference.type_of(expr.value, scope)
                if owner.kind == "module":
                    home = self._index.module(owner.name)
                    return self.named(home, expr.attr, depth) if home is not None else ""
                return f"{owner.name}.{expr.attr}" if owner.name else ""
            case Call():
                target = self._inference.type_of(expr.func, scope)
                info = self._index.functions.get(target.name) if target.kind == "function" else None
                if info is not None:
                    found = (
                        self.identity(r, info, depth + 1) for r in info.returns if isinstance(r, (Name, Attr))
                    )
                    return next((f for f in found if f), "")
        return ""

    def named(self, module: Module, name: str, depth: int = 0) -> str:
        """The object that a name of a module means."""
        binding = self._index.member(module, name)
        if binding is None or binding.how == "import":
            return ""
        if binding.index:
            # One of several that a call gives: each name means an object of its own.
            return f"{binding.target}:{name}"
        if binding.how == "value" and isinstance(binding.value, (Name, Attr, Call)):
            home = self._index.module(binding.target)
            if home is not None:
                if isinstance(binding.value, Call):
                    inner = self.identity(binding.value, home, depth + 1)
                    if inner:
                        return inner
                elif home is not module or not isinstance(binding.value, Name) or binding.value.id != name:
                    return self.identity(binding.value, home, depth + 1)
                return f"{home.name}:{self._name_in(home, binding.value, name)}"
        return f"{binding.target}:{name}"

    def _name_in(self, home: Module, value: Expr, fallback: str) -> str:
        for name, bindings in home.bindings.items():
            if any(b.value is value for b in bindings):
                return name
        return fallback

    def _imported(self, target: str) -> str:
        head, _, name = target.rpartition(".")
        module = self._index.module(head)
        return self.named(module, name, 0) if module is not None else ""

    def text(self, expr: Expr | None, scope: Scope, depth: int = 0) -> str:
        """The text of a path expression; what is not known reads as `{...}`."""
        match expr:
            case None:
                return ""
            case Const():
                return expr.value if isinstance(expr.value, str) else ""
            case Format():
                return "".join(self.text(part, scope, depth + 1) for part in expr.values)
            case Name() | Attr() if depth < 4:
                value, home = self._value(expr, scope)
                return self.text(value, home, depth + 1) if value is not None else "{...}"
            case _:
                return "{...}"

    def _value(self, expr: Name | Attr, scope: Scope) -> tuple[Expr | None, Scope]:
        module = scope.module if isinstance(scope, FunctionInfo) else scope
        name = expr.id if isinstance(expr, Name) else expr.attr
        if isinstance(scope, FunctionInfo) and isinstance(expr, Name) and name in scope.bindings:
            # Of a parameter what it is by default: most callers leave it at that.
            bound = scope.bindings[name]
            default = bound[0].parameter.default if bound[0].parameter is not None else None
            return (default, scope) if len(bound) == 1 and isinstance(default, Const) else (None, scope)
        if isinstance(expr, Attr):
            owner = self._inference.type_of(expr.value, scope)
            cls = self._index.classes.get(owner.name)
            if cls is not None and name in cls.attributes:
                return cls.attributes[name].value, cls.module
            module = self._index.module(owner.name) or module
        binding = self._index.member(module, name)
        home = self._index.module(binding.target) if binding is not None else None
        return (binding.value, home) if binding is not None and home is not None else (None, scope)
