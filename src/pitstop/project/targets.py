"""What a call runs: the function itself, the implementations of an abstract one, the `__init__` or `__call__` of a class."""

from __future__ import annotations

from functools import cached_property

from pitstop.project.facts import Attr, Call, Expr, Name, dotted
from pitstop.project.imports import loaded
from pitstop.project.index import Index
from pitstop.project.inference import Inference
from pitstop.project.model import FunctionInfo, Type
from pitstop.project.traits import is_abstract, is_marked_abstract

_IMPLEMENTATIONS = 6
"""So many implementations of one method are followed."""


class Targets:
    """The functions behind the types of what is called."""

    def __init__(self, index: Index, inference: Inference) -> None:
        self._index = index
        self._inference = inference
        self._subclasses: dict[str, list[str]] | None = None
        self._abstract: dict[str, bool] = {}

    def run_by(self, found: Type) -> tuple[FunctionInfo, ...]:
        """The functions of the project that calling something of this type may run."""
        if found.kind == "function":
            info = self._index.functions.get(found.name)
            receiver = found.args[0].name if found.args and found.args[0].kind == "instance" else ""
            return self._implementations(info, receiver) if info is not None else ()
        if found.kind == "class":
            init = self._inference.member_function(found.name, "__init__")
            return (init,) if init is not None and not self._is_singleton(found.name) else ()
        if found.kind == "instance":
            method = self._inference.member_function(found.name, "__call__")
            return (method,) if method is not None else ()
        return ()

    def _implementations(self, info: FunctionInfo, receiver: str) -> tuple[FunctionInfo, ...]:
        """The function itself, or what runs in its place: nobody can make an object of an abstract class.

        `receiver` is the class of the object whose method it is, where that is known.
        """
        if info.owner is None:
            return (info,)
        home = receiver if receiver in self._index.classes else info.owner.qualname
        if not is_abstract(info) and not self._is_abstract_class(home):
            return (info,)
        found: dict[str, FunctionInfo] = {}
        for name in self._chosen(home):
            method = self._inference.member_function(name, info.name)
            if method is not None and not is_abstract(method) and not self._is_abstract_class(name):
                found[method.qualname] = method
        if not found:
            return () if is_abstract(info) else (info,)
        return tuple(found.values())[:_IMPLEMENTATIONS]

    @cached_property
    def _loaded(self) -> set[str]:
        return loaded(self._index)

    def _is_singleton(self, name: str) -> bool:
        """Whether a class gives the object that it made before: by its metaclass, or by a decorator."""
        for cls in self._inference.mro(name):
            if any("singleton" in dotted(d).lower() for d in cls.node.decorators):
                return True
            for keyword in cls.node.keywords:
                if keyword.name == "metaclass":
                    meta = self._inference.type_of(keyword.value, cls.module).name
                    call = self._inference.member_function(meta, "__call__")
                    if call is not None and "_instance" in call.module.text(call.node):
                        return True
        return False

    def _chosen(self, home: str) -> list[str]:
        """The classes that extend one, but for those in files that nothing imports, unless there are no others."""
        below = self._below(home)
        if len(below) < 2:
            return below
        modules = {name: self._index.classes[name].module for name in below}
        own = self._index.classes[home].module
        return [name for name, m in modules.items() if m is own or m.path in self._loaded] or below

    def _below(self, name: str) -> list[str]:
        """The classes of the project that extend a class."""
        if self._subclasses is None:
            self._subclasses = {}
            for cls in self._index.classes.values():
                for base in self._inference.mro(cls.qualname)[1:]:
                    self._subclasses.setdefault(base.qualname, []).append(cls.qualname)
        return self._subclasses.get(name, [])

    def _is_abstract_class(self, name: str) -> bool:
        """Whether a method that is marked as abstract is filled in by no class up to this one."""
        if name not in self._abstract:
            seen: set[str] = set()
            self._abstract[name] = False
            for cls in self._inference.mro(name):
                for method in cls.methods.values():
                    if method.name not in seen and is_marked_abstract(method):
                        self._abstract[name] = True
                seen |= cls.methods.keys()
        return self._abstract[name]


def is_unbound(called: Expr, target: FunctionInfo) -> bool:
    """Whether a method is called through its class, and takes the object as an argument."""
    return (
        isinstance(called, Attr)
        and called.attr == target.name
        and isinstance(called.value, Name)
        and called.value.id[:1].isupper()
        and not any(isinstance(d, Name) and d.id == "classmethod" for d in target.node.decorators)
    )


def is_called_directly(call: Expr, target: FunctionInfo, source: FunctionInfo) -> bool:
    """Whether a function gets what a call gives: what `functools.partial` and the like made of it has more than that."""
    if not isinstance(call, Call) or target.name == "__call__":
        return isinstance(call, Call)
    if isinstance(call.func, Attr):
        return call.func.attr == target.name or target.name == "__init__"
    if not isinstance(call.func, Name):
        return False
    name = call.func.id
    bound = source.bindings.get(name) or source.module.bindings.get(name) or []
    return all(b.how != "value" or dotted(b.value).rpartition(".")[2] == target.name for b in bound)
