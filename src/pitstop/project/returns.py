"""What calling something gives: by return annotations, by what is returned, by what libraries promise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pitstop.project import results
from pitstop.project.annotations import CONTAINERS
from pitstop.project.facts import Call, Seq, Sub
from pitstop.project.model import UNKNOWN, FunctionInfo, Type, awaited, instance

if TYPE_CHECKING:
    from pitstop.project.inference import Inference, Scope

_CONSTRUCTORS = {
    "model_validate",
    "model_validate_json",
    "model_construct",
    "model_copy",
    "from_orm",
    "parse_obj",
    "copy",
}
"""Class methods of pydantic models that give an instance of the class they are called on."""
_DEPTH = 24


class Returns:
    """Types of calls."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._returns: dict[str, Type] = {}
        self._busy: set[str] = set()

    def call(self, call: Call, scope: Scope, depth: int) -> Type:
        target = self._inference.type_of(call.func, scope, depth)
        special = results.call_type(self._inference, call, target, scope, depth)
        if special is not None:
            return special
        if target.kind == "external":
            return self._external_call(call, target, scope, depth)
        if target.kind == "class" and target.name in CONTAINERS:
            inner = self._inference.type_of(call.args[0], scope, depth) if call.args else UNKNOWN
            if CONTAINERS[target.name] == "dict":
                return inner if inner.name == "dict" else instance("dict")
            return instance(CONTAINERS[target.name], self._inference.element(inner))
        return self.called(target, depth)

    def _external_call(self, call: Call, target: Type, scope: Scope, depth: int) -> Type:
        first = self._inference.type_of(call.args[0], scope, depth) if call.args else UNKNOWN
        match target.name:
            case (
                "builtins.sorted"
                | "builtins.reversed"
                | "builtins.filter"
                | "builtins.iter"
                | "builtins.next"
            ):
                if target.name.endswith("filter"):
                    first = (
                        self._inference.type_of(call.args[1], scope, depth) if len(call.args) > 1 else UNKNOWN
                    )
                return (
                    self._inference.element(first)
                    if target.name.endswith("next")
                    else instance("list", self._inference.element(first))
                )
            case "builtins.enumerate":
                return instance(
                    "iterator", instance("tuple", instance("int"), self._inference.element(first))
                )
            case "builtins.zip":
                elements = (
                    self._inference.element(self._inference.type_of(a, scope, depth)) for a in call.args
                )
                return instance("iterator", instance("tuple", *elements))
            case "builtins.super":
                owner = scope.owner if isinstance(scope, FunctionInfo) else None
                base = next(iter(self._inference.bases(owner)), None) if owner else None
                return instance(base.qualname) if base else UNKNOWN
            case "typing.cast":
                return self._inference.annotation(call.args[0], scope, depth) if call.args else UNKNOWN
            case "functools.partial" | "functools.wraps":
                return first
            case "asyncio.gather":
                gathered = (awaited(self._inference.type_of(a, scope, depth)) for a in call.args)
                return Type("coroutine", "", (instance("tuple", *gathered),))
            case "asyncio.create_task" | "asyncio.wait_for" | "asyncio.shield" | "asyncio.ensure_future":
                return first if first.kind == "coroutine" else Type("coroutine", "", (first,))
            case "asyncio.to_thread" | "fastapi.concurrency.run_in_threadpool" | "anyio.to_thread.run_sync":
                return Type("coroutine", "", (self.called(first, depth),))
        if target.args and target.args[0].name in {"dict", "list"}:
            return _of_container(target.args[0], target.name.rpartition(".")[2])
        last = target.name.rpartition(".")[2]
        if last in _CONSTRUCTORS and target.args and target.args[0].name in self._inference.index.classes:
            return instance(target.args[0].name)
        return instance(target.name) if last[:1].isupper() else Type("instance", f"{target.name}()")

    def called(self, target: Type, depth: int = 0, *, unwrap: bool = False) -> Type:
        """What calling `target` gives; with `unwrap` also awaited, and the yielded value of a generator."""
        if depth > _DEPTH:
            return UNKNOWN
        match target.kind:
            case "class":
                return replace(target, kind="instance")
            case "function":
                info = self._inference.index.functions.get(target.name)
                if info is None:
                    return UNKNOWN
                found = self.returned(info, depth)
                if target.args and target.args[0]:
                    found = self._substituted(found, target.args[0], info)
                if unwrap:
                    found = awaited(found)
                    return found.args[0] if found.name == "iterator" and found.args else found
                return found
            case "external":
                return instance(target.name)
            case "instance":
                made = results.called_instance(target)
                if made is not None:
                    return made
                method = self._inference.member_function(target.name, "__call__")
                return (
                    self.called(Type("function", method.qualname), depth + 1, unwrap=unwrap)
                    if method
                    else UNKNOWN
                )
            case _:
                return UNKNOWN

    def returned(self, info: FunctionInfo, depth: int = 0) -> Type:
        """What calling a function gives: a coroutine for `async def`, an iterator for a generator."""
        known = self._returns.get(info.qualname)
        if known is not None:
            return known
        if info.qualname in self._busy or depth > _DEPTH:
            return UNKNOWN
        self._busy.add(info.qualname)
        try:
            found = self._returned(info, depth + 1)
        finally:
            self._busy.discard(info.qualname)
        if found or depth < _DEPTH // 2:
            self._returns[info.qualname] = found
        return found

    def _returned(self, info: FunctionInfo, depth: int) -> Type:
        decorators = {
            self._inference.type_of(d.func if isinstance(d, Call) else d, info.module, depth).name
            for d in info.node.decorators
        }
        declared = (
            self._inference.annotation(info.node.returns, info, depth)
            if info.node.returns is not None
            else UNKNOWN
        )
        if info.yields:
            if not (declared.name == "iterator" and declared.args and declared.args[0]):
                value = next((y.value for y in info.yields if y.value is not None), None)
                declared = instance("iterator", self._inference.type_of(value, info, depth))
            if decorators & {"contextlib.contextmanager", "contextlib.asynccontextmanager"}:
                return Type("instance", "contextmanager", declared.args)
            return declared
        found = declared
        if not declared.loaded and (not declared or _may_carry_origin(declared)):
            # The body knows what the annotation cannot say: which query the rows come from.
            inferred = next(
                (
                    t
                    for t in (self._inference.type_of(r, info, depth) for r in info.returns)
                    if t and t.name != "NoneType"
                ),
                UNKNOWN,
            )
            if not declared or _same_shape(declared, inferred):
                found = inferred or declared
        return Type("coroutine", "", (found,)) if info.is_async else found

    def _substituted(self, found: Type, receiver: Type, info: FunctionInfo) -> Type:
        if found.kind == "typevar":
            for argument in self._type_arguments(receiver, info):
                return Type("instance", argument.name) if argument.kind == "class" else argument
        if found.args:
            return replace(found, args=tuple(self._substituted(a, receiver, info) for a in found.args))
        return found

    def _type_arguments(self, receiver: Type, info: FunctionInfo) -> tuple[Type, ...]:
        """The arguments with which the receiver's class fills in the generic class that owns the method."""
        if receiver.args:
            return receiver.args
        for cls in self._inference.mro(receiver.name):
            for base in cls.node.bases:
                if isinstance(base, Sub):
                    target = self._inference.type_of(base.value, cls.module)
                    if info.owner is not None and target.name == info.owner.qualname:
                        indices = base.index.items if isinstance(base.index, Seq) else (base.index,)
                        return tuple(self._inference.annotation(i, cls.module) for i in indices)
        return ()


def _of_container(container: Type, method: str) -> Type:
    """What a method of a dict or a list gives."""
    first = container.args[0] if container.args else UNKNOWN
    if method == "copy":
        return container
    if container.name == "list":
        return first if method == "pop" else UNKNOWN
    value = container.args[1] if len(container.args) > 1 else UNKNOWN
    match method:
        case "items":
            return instance("iterator", instance("tuple", first, value))
        case "keys":
            return instance("iterator", first)
        case "values":
            return instance("iterator", value)
        case "get" | "pop" | "setdefault":
            return value
        case _:
            return UNKNOWN


def _may_carry_origin(declared: Type) -> bool:
    return declared.name in {"list", "iterator", "tuple"} or declared.kind == "instance"


def _same_shape(declared: Type, inferred: Type) -> bool:
    if declared.name == "list" and inferred.name == "list":
        return True
    return declared.name == inferred.name
