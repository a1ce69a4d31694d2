"""Whether an iterable has a length that the code fixes, whatever data there are."""

from __future__ import annotations

from pitstop.project.constancy import is_settings
from pitstop.project.facts import Attr, Call, Comp, Const, Dict, Expr, Name, Op, Seq, Star, dotted
from pitstop.project.inference import Inference
from pitstop.project.model import FunctionInfo, Module

_SAME_LENGTH = {"enumerate", "list", "reversed", "set", "sorted", "tuple", "zip"}
_GROWS = {"append", "extend", "add", "insert", "update"}


def is_constant(types: Inference, scope: FunctionInfo | Module, source: Expr, depth: int = 0) -> bool:
    """Whether an iterable has a length that the code fixes: a literal, a constant, an enumeration, a small range."""
    match source:
        case Seq():
            return not any(isinstance(item, Star) for item in source.items)
        case Dict() | Const():
            return True
        case Op() if source.op == "Or":
            return all(is_constant(types, scope, o, depth + 1) for o in source.operands)
        case Call() if dotted(source.func) == "range":
            return all(isinstance(a, Const) or _is_step(a) for a in source.args) or len(source.args) == 3
        case Comp():
            return all(is_constant(types, scope, g.iter, depth + 1) for g in source.generators)
        case Call() if dotted(source.func) in _SAME_LENGTH:
            return any(is_constant(types, scope, a, depth + 1) for a in source.args[:2])
        case Call() if isinstance(source.func, Attr) and source.func.attr in {"items", "values", "keys"}:
            return is_constant(types, scope, source.func.value, depth + 1)
        case Call() if depth < 3:
            made = types.index.functions.get(types.type_of(source.func, scope).name)
            given = made.returns if made is not None else ()
            return bool(given) and all(is_constant(types, made or scope, r, depth + 1) for r in given)
        case Name() if depth < 3:
            return _is_constant_name(types, scope, source.id, depth)
        case Attr() if depth < 3:
            found = types.type_of(source, scope)
            if found.kind == "class":
                return is_enumeration(types, found.name)
            return source.attr.isupper() or _is_setting(types, scope, source)
    return False


def _is_setting(types: Inference, scope: FunctionInfo | Module, source: Attr) -> bool:
    """Whether an attribute is one of the settings of the service: somebody wrote it by hand."""
    owner = types.type_of(source.value, scope)
    return owner.kind == "instance" and is_settings(types, owner.name)


def _is_constant_name(types: Inference, scope: FunctionInfo | Module, name: str, depth: int) -> bool:
    if isinstance(scope, FunctionInfo) and name in scope.bindings:
        # What an annotation says beside it says nothing of the length.
        bound = [binding for binding in scope.bindings[name] if binding.how != "annotation"]
        grows = any(
            isinstance(site.node, Call)
            and isinstance(site.node.func, Attr)
            and site.node.func.attr in _GROWS
            and dotted(site.node.func.value) == name
            for site in scope.calls
        )
        return (
            bool(bound)
            and not grows
            and all(
                b.how == "value"
                and b.value is not None
                and not b.index
                and is_constant(types, scope, b.value, depth + 1)
                for b in bound
            )
        )
    module = scope.module if isinstance(scope, FunctionInfo) else scope
    binding = types.index.member(module, name)
    if binding is None:
        return False
    if binding.how == "class":
        return is_enumeration(types, binding.target)
    home = types.index.module(binding.target)
    return (
        binding.how == "value"
        and binding.value is not None
        and home is not None
        # What a module reads from its environment is as long as somebody wrote it.
        and (
            (name.isupper() and isinstance(binding.value, Call))
            or is_constant(types, home, binding.value, depth + 1)
        )
    )


def is_enumeration(types: Inference, name: str) -> bool:
    """Whether a class of the project is an `Enum`: it has as many members as the code names."""
    return any(base.startswith("enum.") for base in types.external_bases(name))


def _is_step(expr: Expr) -> bool:
    return isinstance(expr, Op) and all(isinstance(o, Const) for o in expr.operands)
