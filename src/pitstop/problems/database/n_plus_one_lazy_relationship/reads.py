"""Which relationships a function reads from its parameters and its own rows, through the functions it calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pitstop.problems.database.n_plus_one_lazy_relationship.schemas import schema_reads
from pitstop.project.calls import Step
from pitstop.project.facts import Assign, Attr, Await, Call, Comp, Expr, For, Name, Seq
from pitstop.project.inference import is_property
from pitstop.project.model import Binding, FunctionInfo, Type
from pitstop.project.order import seen
from pitstop.project.orm import Relationship
from pitstop.project.sites import Loop, Site

if TYPE_CHECKING:
    from pitstop.project import Project

_DEPTH = 4
_FROM_ROW = {"from_orm", "model_validate"}
"""Methods of pydantic models that read the attributes of a row."""


@dataclass(frozen=True, slots=True)
class Read:
    """A relationship read from something reached by `names` from a model; `per_row` when a loop goes over its rows."""

    function: FunctionInfo
    node: Expr
    names: tuple[str, ...]
    models: tuple[Relationship, ...]
    awaited: bool
    steps: tuple[Step, ...] = ()

    def chain(self, rows: Type) -> tuple[Relationship, ...]:
        """The relationships from the model of the rows to the one read."""
        del rows
        return self.models


@dataclass(frozen=True, slots=True)
class FromParameter:
    """A read whose model comes in by a parameter, as itself or as an element of a list that is looped over."""

    parameter: str
    is_element: bool
    read: Read
    looped: bool


class Reads:
    """Reads of relationships, by function."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._parameters: dict[str, tuple[FromParameter, ...]] = {}

    def at_rows(self, function: FunctionInfo) -> Iterator[tuple[Type, Read, tuple[Step, ...], bool]]:
        """Reads whose rows are known in this function: their type, the read, the way to it, whether for each row."""
        for site, root, models, node in self._chains(function):
            rows = self._root_type(function, root)
            if rows.origin is None or self._is_parameter(function, root):
                continue
            if not self._is_another(function, site, root, rows):
                way = (*self._behind(function, root), *models)
                read = Read(function, node, (), way, self._awaited(function, site))
                yield rows, read, (Step(function, site),), self._varies(function, site, root)
        for site, argument, found in self._passed(function):
            given = self._project.types.type_of(argument, function)
            rows = given.args[0] if found.is_element and given.name == "list" and given.args else given
            if rows.origin is None or found.is_element != (given.name == "list"):
                continue
            looped = found.looped or (not found.is_element and self._varies(function, site, argument))
            yield rows, found.read, (Step(function, site), *found.read.steps), looped

    def from_parameters(self, function: FunctionInfo, depth: int = 0) -> tuple[FromParameter, ...]:
        """Reads whose model comes in by a parameter of the function."""
        if function.qualname in self._parameters or depth > _DEPTH:
            return self._parameters.get(function.qualname, ())
        self._parameters[function.qualname] = ()
        found: list[FromParameter] = []
        for site, root, models, node in self._chains(function):
            origin = self._parameter(function, root)
            if origin is not None:
                name, is_element = origin
                read = Read(function, node, (), models, self._awaited(function, site))
                read = replace(read, steps=(Step(function, site),))
                looped = is_element and self._varies(function, site, root)
                found.append(FromParameter(name, is_element, read, looped))
        for site, argument, inner in self._arguments(function, depth):
            origin = self._parameter(function, argument)
            if origin is not None:
                name, is_element = origin
                read = replace(inner.read, steps=(Step(function, site), *inner.read.steps))
                if inner.is_element:
                    found.append(FromParameter(name, True, read, inner.looped))
                else:
                    looped = is_element and self._varies(function, site, argument)
                    found.append(FromParameter(name, is_element, read, looped))
        self._parameters[function.qualname] = tuple(found)
        return tuple(found)

    # --- reads in one function -----------------------------------------------------------------------------------

    def _chains(self, function: FunctionInfo) -> Iterator[tuple[Site, Expr, tuple[Relationship, ...], Expr]]:
        """Attribute chains that end in a relationship: the site, the root expression, the relationships on the way."""
        assigned = {id(target) for target in _assigned(function)}
        for site in function.sites:
            node = site.node
            if isinstance(node, Call):
                yield from self._by_schema(function, site, node)
            if not isinstance(node, Attr):
                continue
            relation = self._relation(function, node)
            # To set what is one takes no look at what it was; to set a list does.
            if relation is None or (id(node) in assigned and not (relation.many and relation.target)):
                continue
            root, above = self._way_to(function, node.value)
            yield site, root, (*above, relation), node

    def _way_to(self, function: FunctionInfo, expr: Expr) -> tuple[Expr, tuple[Relationship, ...]]:
        """The expression that a chain of relationships starts from, and the relationships."""
        models: list[Relationship] = []
        while True:
            expr = _without_awaitable(expr)
            if isinstance(expr, Await):
                expr = expr.value
                continue
            above = self._relation(function, expr) if isinstance(expr, Attr) else None
            if above is None:
                return expr, tuple(models)
            models.insert(0, above)
            assert isinstance(expr, Attr)
            expr = expr.value

    def _behind(self, function: FunctionInfo, root: Expr) -> tuple[Relationship, ...]:
        """The relationships that a name was reached by: `unit = booking.unit`, `for project in owner.projects`."""
        models: tuple[Relationship, ...] = ()
        for _ in range(_DEPTH):
            bound = seen(function, function.bindings.get(root.id, []), root) if isinstance(root, Name) else []
            if len(bound) != 1 or bound[0].index or bound[0].how not in {"element", "value"}:
                break
            value = bound[0].value
            root, above = self._way_to(function, value) if value is not None else (root, ())
            if not above:
                break
            models = (*above, *models)
        return models

    def _by_schema(
        self, function: FunctionInfo, site: Site, call: Call
    ) -> Iterator[tuple[Site, Expr, tuple[Relationship, ...], Expr]]:
        """What `OrderOut.model_validate(order)` reads of the row handed to it."""
        if not (isinstance(call.func, Attr) and call.func.attr in _FROM_ROW and call.args):
            return
        types = self._project.types
        schema, row = types.type_of(call.func.value, function), types.type_of(call.args[0], function)
        if schema.kind != "class" or row.name not in self._project.models.all:
            return
        if types.member_function(schema.name, call.func.attr) is not None:
            return
        root, above = self._way_to(function, call.args[0])
        for chain in schema_reads(self._project, schema.name, row.name):
            yield site, root, (*above, *chain), call

    def _relation(self, function: FunctionInfo, node: Attr) -> Relationship | None:
        owner = self._project.types.type_of(node.value, function)
        if owner.kind != "instance" or owner.name not in self._project.models.all:
            return None
        return self._project.models.relationship(owner.name, node.attr)

    def _awaited(self, function: FunctionInfo, site: Site) -> bool:
        del function
        return site.awaited or (isinstance(site.node, Attr) and _is_awaitable(site.node.value))

    def _root_type(self, function: FunctionInfo, root: Expr) -> Type:
        return self._project.types.type_of(root, function)

    def _is_parameter(self, function: FunctionInfo, root: Expr) -> bool:
        return self._parameter(function, root) is not None

    def _parameter(self, function: FunctionInfo, root: Expr) -> tuple[str, bool] | None:
        """The parameter that an expression is, or is an element of."""
        if not isinstance(root, Name):
            return None
        bindings = function.bindings.get(root.id, ())
        for binding in bindings:
            if binding.how == "parameter":
                return root.id, False
            if binding.how == "element" and isinstance(binding.value, Name) and not binding.index:
                inner = function.bindings.get(binding.value.id, ())
                if any(b.how == "parameter" for b in inner):
                    return binding.value.id, True
        return None

    def _varies(self, function: FunctionInfo, site: Site, root: Expr) -> bool:
        """Whether the root is another row on each turn of a loop around the site."""
        if not site.loops or not isinstance(root, Name):
            return False
        return any(
            _binds(loop, binding) and self._is_another_row(function, loop, binding, root)
            for loop in site.loops
            for binding in function.bindings.get(root.id, ())
        )

    def _is_another(self, function: FunctionInfo, site: Site, root: Expr, rows: Type) -> bool:
        """Whether the name stands for something else in the loop than for the rows known elsewhere in the function."""
        bindings = function.bindings.get(root.id, ()) if isinstance(root, Name) else ()
        if len(bindings) < 2:
            return False
        types = self._project.types
        around = [b for b in bindings if b.how == "element" and any(_binds(loop, b) for loop in site.loops)]
        found = [types.element(types.type_of(b.value, function)) for b in around]
        return bool(found) and all(inner.origin != rows.origin for inner in found)

    def _is_another_row(
        self,
        function: FunctionInfo,
        loop: Loop,
        binding: Binding,
        root: Name,
        seen: frozenset[str] = frozenset(),
    ) -> bool:
        """Whether what a loop binds comes from rows it goes over, not from a name of outside or a query of its own."""
        if binding.how != "value" or isinstance(loop, Comp):
            return True
        value = binding.value
        while isinstance(value, Await | Attr):
            value = value.value
        if isinstance(value, Name):
            seen |= {root.id}
            return value.id not in seen and any(
                _binds(loop, inner) and self._is_another_row(function, loop, inner, value, seen)
                for inner in function.bindings.get(value.id, ())
            )
        if isinstance(value, Call):
            # One row that the loop itself looks up is one query more on each turn: the loop's fault, not the query's.
            origin = self._root_type(function, root).origin
            given = (*value.args, *(k.value for k in value.keywords), *_receiver(value))
            return origin is None or any(
                origin in {found.origin, *(inner.origin for inner in found.args)}
                # What is made of the name itself is what it was before the loop.
                for found in (
                    self._project.types.type_of(each, function)
                    for each in given
                    if not (isinstance(each, Name) and each.id == root.id)
                )
            )
        return True

    # --- reads through calls ---------------------------------------------------------------------------------------

    def _arguments(self, function: FunctionInfo, depth: int) -> Iterator[tuple[Site, Expr, FromParameter]]:
        """For each argument handed on: the call, the argument, and a read that it ends in."""
        for edge in self._project.calls.edges(function):
            node = edge.site.node
            if edge.kind == "property" and isinstance(node, Attr) and is_property(edge.target):
                for inner in self.from_parameters(edge.target, depth + 1):
                    yield edge.site, node.value, inner
            elif edge.kind == "call" and isinstance(node, Call):
                reads = self.from_parameters(edge.target, depth + 1)
                for inner in reads:
                    argument = _argument(node, edge.target, inner.parameter)
                    if argument is not None:
                        yield edge.site, argument, inner
            elif edge.kind in {"reference", "runs-sync"} and isinstance(node, Call):
                yield from self._through_reference(edge.site, node, edge.target, depth)

    def _through_reference(
        self, site: Site, call: Call, target: FunctionInfo, depth: int
    ) -> Iterator[tuple[Site, Expr, FromParameter]]:
        """`session.run_sync(serialise, orders)`: the further arguments come after the session."""
        positions = [p.name for p in target.node.parameters]
        for inner in self.from_parameters(target, depth + 1):
            if inner.parameter in positions[1:] and positions.index(inner.parameter) < len(call.args):
                yield site, call.args[positions.index(inner.parameter)], inner

    def _passed(self, function: FunctionInfo) -> Iterator[tuple[Site, Expr, FromParameter]]:
        for site, argument, inner in self._arguments(function, 0):
            if self._parameter(function, argument) is None:
                yield site, argument, inner


def _assigned(function: FunctionInfo) -> Iterator[Expr]:
    """The targets of all assignments of a function."""
    for statement in function.statements:
        if isinstance(statement, Assign):
            for target in statement.targets:
                yield from target.items if isinstance(target, Seq) else (target,)


def _receiver(call: Call) -> tuple[Expr, ...]:
    """What a method is called on; nothing for a function, or where that is a call itself: `select(Order).where(...)`."""
    return (call.func.value,) if isinstance(call.func, Attr) and not isinstance(call.func.value, Call) else ()


def _binds(loop: Loop, binding: Binding) -> bool:
    """Whether a loop gives a name another value on each turn: as its target, or by an assignment in its body."""
    if isinstance(loop, Comp):
        return binding.how == "element" and any(g.iter is binding.value for g in loop.generators)
    if isinstance(loop, For) and binding.how == "element" and loop.iter is binding.value:
        return True
    first, _, last, _ = loop.span
    return binding.how in {"value", "element"} and first < binding.line <= last


def _argument(call: Call, target: FunctionInfo, name: str) -> Expr | None:
    """The expression handed to a parameter."""
    given = call.keyword(name)
    if given is not None:
        return given
    names = [p.name for p in target.node.parameters if p.kind == ""]
    if name not in names:
        return None
    position = names.index(name)
    bound = target.owner is not None and not _is_static(target)
    if bound:
        if position == 0:
            return call.func.value if isinstance(call.func, Attr) else None
        position -= 1
    return call.args[position] if position < len(call.args) else None


def _is_static(target: FunctionInfo) -> bool:
    return any(isinstance(d, Name) and d.id == "staticmethod" for d in target.node.decorators)


def _is_awaitable(expr: Expr) -> bool:
    return isinstance(expr, Attr) and expr.attr == "awaitable_attrs"


def _without_awaitable(expr: Expr) -> Expr:
    return expr.value if isinstance(expr, Attr) and expr.attr == "awaitable_attrs" else expr
