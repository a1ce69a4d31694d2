"""Classes and their bases: which attribute of a class means which method, and what comes from other packages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.project.facts import Assign, Attr, Call, Expr, Name, Sub
from pitstop.project.index import Index, canonical
from pitstop.project.model import ClassInfo, FunctionInfo, Type

if TYPE_CHECKING:
    from pitstop.project.inference import Inference


_MADE_BASE = "sqlalchemy.orm.declarative_base()"
_MARKERS = {"abc.ABC", "typing.Generic", "typing.Protocol"}

_MOST = 64
"""Classes that one has above it at most; real ones have a dozen."""
_Order = tuple[tuple[ClassInfo, ...], bool]


class Hierarchy:
    """The bases of the classes of a project."""

    def __init__(self, index: Index, inference: Inference) -> None:
        self._index = index
        self._inference = inference
        self._mro: dict[str, tuple[ClassInfo, ...]] = {}

    def mro(self, name: str) -> tuple[ClassInfo, ...]:
        """A class of the project and its bases within the project, in the order in which Python looks for a member."""
        known = self._mro.get(name)
        return self._linear(name, {}, 0)[0] if known is None else known

    def _linear(self, name: str, asked: dict[str, _Order], depth: int) -> _Order:
        """The order, and whether it will not change: what is asked for while it is being told is unknown for the moment only."""
        if name in self._mro:
            return self._mro[name], True
        info = self._index.classes.get(name)
        if info is None:
            return (), True
        if name in asked or depth > _MOST:
            return asked.get(name, ((), False))
        asked[name] = (), False
        bases = [self._base(base, info) for base in info.node.bases]
        above = [self._linear(base.name, asked, depth + 1) for base in bases]
        orders = [list(order) for order, _ in above if order]
        if len(orders) > 1:
            orders = [list(_merged([*orders, [order[0] for order in orders]]))]
        found = (info, *(cls for order in orders for cls in order))[:_MOST]
        settled = all(bases) and all(is_settled for _, is_settled in above)
        asked[name] = found, settled
        if settled:
            self._mro[name] = found
        return asked[name]

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


def _merged(orders: list[list[ClassInfo]]) -> Iterator[ClassInfo]:
    """The C3 linearization; where Python would refuse the class, the bases as they are written.

    Source: https://docs.python.org/3/howto/mro.html
    """
    while orders := [order for order in orders if order]:
        heads = [order[0] for order in orders]
        later = {cls.qualname for order in orders for cls in order[1:]}
        chosen = next((head for head in heads if head.qualname not in later), heads[0])
        yield chosen
        orders = [[cls for cls in order if cls is not chosen] for order in orders]
