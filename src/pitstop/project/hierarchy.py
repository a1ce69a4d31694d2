"""Classes and their bases: which attribute of a class means which method, and what comes from other packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitstop.project.facts import Assign, Attr, Call, Expr, Name, Sub
from pitstop.project.index import Index, canonical
from pitstop.project.model import ClassInfo, FunctionInfo, Type

if TYPE_CHECKING:
    from pitstop.project.inference import Inference


_MADE_BASE = "sqlalchemy.orm.declarative_base()"
_MARKERS = {"abc.ABC", "typing.Generic", "typing.Protocol"}


class Hierarchy:
    """The bases of the classes of a project."""

    def __init__(self, index: Index, inference: Inference) -> None:
        self._index = index
        self._inference = inference
        self._mro: dict[str, tuple[ClassInfo, ...]] = {}

    def mro(self, name: str) -> tuple[ClassInfo, ...]:
        """A class of the project and its bases within the project, nearest first."""
        known = self._mro.get(name)
        if known is not None:
            return known
        found: list[ClassInfo] = []
        todo = [name]
        settled = True
        while todo and len(found) < 64:
            info = self._index.classes.get(todo.pop(0))
            if info is not None and info not in found:
                found.append(info)
                bases = [self._base(base, info) for base in info.node.bases]
                # What is asked for while it is being told is unknown for the moment only.
                settled = settled and all(bases)
                todo.extend(base.name for base in bases)
        if settled:
            self._mro[name] = tuple(found)
        return tuple(found)

    def bases(self, info: ClassInfo) -> list[ClassInfo]:
        """The direct bases that are classes of the project."""
        found = (self._index.classes.get(self._base(base, info).name) for base in info.node.bases)
        return [base for base in found if base is not None]

    def external_bases(self, name: str) -> list[str]:
        """Canonical names of all bases outside of the project."""
        names = []
        for cls in self.mro(name):
            for base in cls.node.bases:
                found = self._base(base, cls)
                if found.kind in {"external", "instance"} and found.name not in self._index.classes:
                    names.append(canonical(found.name))
        # What only marks a class has none of the members looked for.
        return sorted(names, key=_MARKERS.__contains__)

    def _base(self, base: Expr, info: ClassInfo) -> Type:
        target = base.value if isinstance(base, Sub) else base
        found = self._inference.type_of(target, info.module)
        if found.name == _MADE_BASE and isinstance(target, Name):
            return self._given(target.id, info) or found
        return found

    def _given(self, name: str, info: ClassInfo) -> Type | None:
        """The class handed to `declarative_base(cls=...)`, which made the base called `name`."""
        binding = self._index.member(info.module, name)
        if binding is not None and binding.how == "import":
            binding = self._index.resolve(binding.target)
        if binding is None or not isinstance(binding.value, Call):
            return None
        home = self._index.module(binding.target) or info.module
        given = self._inference.type_of(binding.value.keyword("cls"), home)
        return given if given.kind == "class" else None

    def member_function(self, name: str, member: str) -> FunctionInfo | None:
        """The method that an attribute of a class means, through its bases."""
        return next((cls.methods[member] for cls in self.mro(name) if member in cls.methods), None)


def is_property(method: FunctionInfo) -> bool:
    """Whether reading the attribute runs the method."""
    names = {getattr(d, "id", getattr(d, "attr", "")) for d in method.node.decorators}
    return bool(names & {"property", "cached_property", "hybrid_property", "computed_field"})


def self_assignments(method: FunctionInfo) -> dict[str, list[Assign]]:
    """Assignments to attributes of the first parameter, by attribute."""
    found: dict[str, list[Assign]] = {}
    if method.node.parameters:
        this = method.node.parameters[0].name
        for statement in method.statements:
            if isinstance(statement, Assign):
                for target in statement.targets:
                    if (
                        isinstance(target, Attr)
                        and isinstance(target.value, Name)
                        and target.value.id == this
                    ):
                        found.setdefault(target.attr, []).append(statement)
    return found
