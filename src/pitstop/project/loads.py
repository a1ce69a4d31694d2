"""Loads: the places within requests that read rows, with the statement they send and what becomes of the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from pitstop.project.calls import Calls, Reach
from pitstop.project.facts import Attr, Call, Expr, Return
from pitstop.project.inference import Inference
from pitstop.project.jobs import Jobs
from pitstop.project.model import FunctionInfo
from pitstop.project.queries import Queries, Query
from pitstop.project.results import QUERY, SELECT
from pitstop.project.rows import Amount, Flow, Taken, Use
from pitstop.project.sites import Site
from pitstop.project.statements import Assembled, assemble

_RETURNS = 2
"""How many functions rows are followed through when each only returns them."""


@dataclass(frozen=True, slots=True)
class Load:
    """One place that reads rows. `site` is where the statement is sent, or handed to the function that sends it."""

    function: FunctionInfo
    reach: Reach
    site: Site
    query: Query
    statement: Assembled
    entities: tuple[str, ...]
    """The classes selected, `""` for what is no class."""
    taken: tuple[Taken, ...]

    @property
    def model(self) -> str:
        """The one class whose rows are read, if it is one."""
        return self.entities[0] if len(self.entities) == 1 else ""

    def takes(self, *amounts: Amount) -> bool:
        """Whether the rows are taken in one of these ways, and in no other."""
        return bool(self.taken) and all(t.amount in amounts for t in self.taken)


class Loads:
    """All loads within requests, by function."""

    def __init__(self, inference: Inference, calls: Calls, jobs: Jobs, queries: Queries) -> None:
        self._types = inference
        self._calls = calls
        self._jobs = jobs
        self._queries = queries
        self._flows: dict[str, Flow] = {}

    def flow(self, function: FunctionInfo) -> Flow:
        """Where the values of a function go."""
        if function.qualname not in self._flows:
            self._flows[function.qualname] = Flow(function)
        return self._flows[function.qualname]

    @cached_property
    def all(self) -> tuple[Load, ...]:
        """All loads, in the order of the functions' names."""
        found: list[Load] = []
        for function in sorted(
            self._types.index.functions.values(), key=lambda f: (f.module.path, f.node.at)
        ):
            if self._jobs.runs(function) is None:
                continue
            found.extend(self._direct(function))
            if self._senders:
                found.extend(self._handed(function))
        return tuple(found)

    @cached_property
    def everywhere(self) -> tuple[Load, ...]:
        """All loads, and the calls of functions that hand back what they have loaded."""
        found = list(self.all)
        newest: list[Load] = found
        for _ in range(_RETURNS):
            by_function = {load.function.qualname: load for load in newest if self._returns(load)}
            if not by_function:
                break
            newest = list(self._through(by_function))
            found += newest
        return tuple(found)

    def _returns(self, load: Load) -> bool:
        """Whether a function does nothing with the rows but return them."""
        uses = list(self.uses(load))
        return load.takes("all") and bool(uses) and all(isinstance(use.parent, Return) for use in uses)

    def _through(self, loads: dict[str, Load]) -> Iterator[Load]:
        for function in self._types.index.functions.values():
            if self._jobs.runs(function) is None:
                continue
            for edge in self._calls.edges(function):
                load = loads.get(edge.target.qualname)
                if load is None or edge.kind != "call" or edge.choice or load.function is function:
                    continue
                reach = self._jobs.runs(function, edge.site)
                if reach is None:
                    continue
                taken = (Taken("all", edge.site.node),)
                yield replace(load, function=function, reach=reach, site=edge.site, taken=taken)

    def uses(self, load: Load) -> Iterator[Use]:
        """What is done with the rows of a load, in the function that it is in."""
        flow = self.flow(load.function)
        for taken in load.taken:
            if taken.amount == "all":
                yield from flow.uses(taken.node)
            else:
                yield Use(taken.node, flow.parent(taken.node))

    def _direct(self, function: FunctionInfo) -> Iterator[Load]:
        for query in self._queries.direct(function):
            reach = self._jobs.runs(function, query.site)
            if reach is None:
                continue
            if query.method in {"get", "get_one"} and query.statement is not query.session:
                statement = Assembled((), unknown=True)
            else:
                statement = assemble(self._types, query.statement, function)
            taken = tuple(self.flow(function).taken(query))
            entities = self._entities(query.statement, function)
            yield Load(function, reach, query.site, query, statement, entities, taken)

    @cached_property
    def _senders(self) -> dict[str, tuple[str, Query, tuple[Taken, ...]]]:
        """Functions that send a statement handed to them, with the parameter it comes in by."""
        found: dict[str, tuple[str, Query, tuple[Taken, ...]]] = {}
        for function in self._types.index.functions.values():
            if not any(p.name not in {"self", "cls", "session", "db"} for p in function.node.parameters):
                continue
            if self._jobs.runs(function) is None:
                # Whoever hands it a statement within a request makes it run within one.
                continue
            queries = self._queries.direct(function)
            if len(queries) != 1 or queries[0].statement is None:
                continue
            statement = assemble(self._types, queries[0].statement, function)
            if statement.unknown or len(statement.parameters) != 1 or statement.parts:
                continue
            taken = tuple(self.flow(function).taken(queries[0]))
            if taken and self._is_handed_back(function, taken):
                found[function.qualname] = (next(iter(statement.parameters)), queries[0], taken)
        return found

    def _is_handed_back(self, function: FunctionInfo, taken: tuple[Taken, ...]) -> bool:
        flow = self.flow(function)
        return all(
            type(use.parent).__name__ == "Return"
            for t in taken
            if t.amount == "all"
            for use in flow.uses(t.node)
        )

    def _handed(self, function: FunctionInfo) -> Iterator[Load]:
        for edge in self._calls.edges(function):
            sender = self._senders.get(edge.target.qualname)
            call = edge.site.node
            if sender is None or edge.kind != "call" or not isinstance(call, Call):
                continue
            parameter, query, inner = sender
            given = handed(call, edge.target, parameter)
            reach = self._jobs.runs(function, edge.site)
            if (
                given is None
                or reach is None
                or self._types.type_of(given, function).name not in {SELECT, QUERY}
            ):
                continue
            taken = tuple(Taken(t.amount, call if t.amount == "all" else t.node) for t in inner)
            yield Load(
                function,
                reach,
                edge.site,
                query,
                assemble(self._types, given, function),
                self._entities(given, function),
                taken,
            )

    def _entities(self, statement: Expr | None, function: FunctionInfo) -> tuple[str, ...]:
        if statement is None:
            return ()
        found = self._types.type_of(statement, function)
        if found.kind == "class":
            return (found.name,)
        if found.name not in {SELECT, QUERY}:
            return ()
        return tuple(a.name if a.kind == "instance" else "" for a in found.args)


def is_streamed(load: Load) -> bool:
    """Whether the rows come in batches, so that never all of them are in memory."""
    if load.query.method in {"stream", "stream_scalars"} or load.statement.of("yield_per"):
        return True
    return any(part.call.keyword("yield_per") for part in load.statement.of("execution_options"))


def handed(call: Call, target: FunctionInfo, name: str) -> Expr | None:
    """The expression that a call hands to a parameter of its target."""
    given = call.keyword(name)
    if given is not None:
        return given
    names = [p.name for p in target.node.parameters if p.kind == ""]
    if name not in names:
        return None
    position = names.index(name)
    static = any(getattr(d, "id", "") == "staticmethod" for d in target.node.decorators)
    if target.owner is not None and not static:
        if position == 0:
            return call.func.value if isinstance(call.func, Attr) else None
        position -= 1
    return call.args[position] if position < len(call.args) else None
