"""How much the turns of a loop can cost: few of them, or each with something slower in it than what a rule tells of."""

from __future__ import annotations

from collections.abc import Iterator

from pitstop.project.blocking import Blocking
from pitstop.project.calls import Calls, Step
from pitstop.project.facts import Attr, Call, Comp, Dict, Expr, For, Op, Seq, dotted
from pitstop.project.index import Index
from pitstop.project.inference import Inference
from pitstop.project.model import FunctionInfo
from pitstop.project.waits import Waits

_MANY = {"codes", "entries", "events", "hashes", "ids", "items", "keys", "names", "paths", "records", "rows", "slugs"} | {
    "urls", "urns", "uuids",
}  # fmt: skip
"""Words for what a caller sends many of at once, mostly to name things by."""
_SLOWER = {"http", "llm", "network", "subprocess"}
_MAPPINGS = {"dict", "builtins.dict", "collections.defaultdict", "collections.OrderedDict"}


class Turns:
    """Reasons to doubt that what happens once for each turn of a loop matters."""

    def __init__(
        self, index: Index, types: Inference, calls: Calls, waits: Waits, blocking: Blocking
    ) -> None:
        self._index = index
        self._types = types
        self._calls = calls
        self._waits = waits
        self._blocking = blocking

    def doubts(self, function: FunctionInfo, loop: For | Comp) -> Iterator[str]:
        """The reasons, as halves of sentences."""
        source = _unwrapped(loop.iter if isinstance(loop, For) else loop.generators[0].iter)
        if self._is_mapping(function, source):
            yield "it is a mapping, and has few keys as a rule"
        if self._is_part_of_what_is_sent(function, source):
            yield "a caller sends a few of them with something larger"
        slower = self._slower(function, loop)
        if slower:
            yield f"each turn also waits for `{slower}`, which takes longer"

    def _is_mapping(self, function: FunctionInfo, source: Expr) -> bool:
        if isinstance(source, Call) and isinstance(source.func, Attr) and not source.args:
            return source.func.attr in {"items", "keys", "values"}
        return isinstance(source, Dict) or self._types.type_of(source, function).name in _MAPPINGS

    def _is_part_of_what_is_sent(self, function: FunctionInfo, source: Expr) -> bool:
        """Whether it is an attribute of a parameter that a schema describes, as `order.tags`, and no list of names: `order.item_ids`."""
        if not isinstance(source, Attr) or source.attr.lower().rpartition("_")[2] in _MANY:
            return False
        bound = function.bindings.get(dotted(source.value), [])
        owner = self._types.type_of(source.value, function)
        return (
            bool(bound)
            and all(b.how == "parameter" for b in bound)
            and owner.kind == "instance"
            and owner.name in self._index.classes
            and owner.name not in self._types.models.all
        )

    def _slower(self, function: FunctionInfo, loop: For | Comp) -> str:
        """What a turn waits for besides the database: another server, a language model, a program."""
        inside = {id(site.node): site for site in function.calls if loop in site.loops}
        for sink in self._calls.sinks(function):
            if id(sink.site.node) in inside and sink.known.category in _SLOWER:
                return sink.name
        for site in inside.values():
            if site.rescue or not isinstance(site.node, Call):
                continue
            for target in self._calls.targets(site.node, function):
                waited = self._waits.below(target)
                if waited is not None:
                    return waited[1].name
                by = Step(function, site)
                blocked = None if target.is_async else self._blocking.below(target, by, sessions=False)
                if blocked is not None and blocked[1].category in _SLOWER:
                    return blocked[1].name
        return ""


def _unwrapped(source: Expr) -> Expr:
    """`order.tags` of `order.tags or []`."""
    empty = isinstance(source, Op) and source.op == "Or" and isinstance(source.operands[-1], Seq)
    return source.operands[0] if isinstance(source, Op) and empty else source
