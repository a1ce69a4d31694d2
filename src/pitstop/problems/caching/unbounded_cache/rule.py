"""Functions remembered for ever under arguments that requests choose, and dictionaries that only grow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.caching.unbounded_cache.inputs import Inputs
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.doubt import weigh
from pitstop.project.facts import Assign, Attr, Call, Const, Dict, Expr, Name, Op, Other, Sub, dotted

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach
    from pitstop.project.facts import Node
    from pitstop.project.model import FunctionInfo, Module

_IMPACT = Impact(text="memory stays within the bound of the cache")
_EVICTS = {"clear", "expire", "pop", "popitem", "move_to_end"}
_MAKES = {"dict", "defaultdict", "OrderedDict"}


def find(project: Project) -> list[Finding]:
    """One finding for each cache without bounds."""
    kept = {path: names for path, module in project.index.by_path.items() if (names := _dictionaries(module))}
    remembered = [(f, d) for f in project.functions for d in f.node.decorators if _is_endless(project, f, d)]
    if not kept and not remembered:
        return []
    inputs = Inputs(project)
    return merge_places((*_remembered(project, inputs, remembered), *_growing(project, inputs, kept)))


# --- functions -------------------------------------------------------------------------------------------------------


def _is_endless(project: Project, function: FunctionInfo, decorator: Expr) -> bool:
    """`@cache`, `@lru_cache(maxsize=None)`."""
    called = decorator.func if isinstance(decorator, Call) else decorator
    if dotted(called).rpartition(".")[2] not in {"cache", "lru_cache"}:
        return False
    name = project.types.type_of(called, function.parent or function.module).name
    if name == "functools.cache":
        return True
    size = decorator.argument(0, "maxsize") if isinstance(decorator, Call) else None
    return name == "functools.lru_cache" and isinstance(size, Const) and size.value is None


def _remembered(
    project: Project, inputs: Inputs, remembered: list[tuple[FunctionInfo, Expr]]
) -> Iterator[Finding]:
    for function, decorator in remembered:
        reach = project.calls.reach(function)
        sent = sorted(inputs.of(function))
        if reach is None or not sent or function.parent is not None:
            continue
        yield _finding(
            function,
            reach,
            decorator,
            owner=function.qualname,
            message=f"`{function.name}` remembers its result for every `{', '.join(sent)}` that a request ever sent, and never forgets",
            evidence=f"`{function.module.text(decorator)}` has no bound, and `{sent[0]}` comes from the request",
        )


# --- dictionaries ----------------------------------------------------------------------------------------------------


def _dictionaries(module: Module) -> set[str]:
    """The module's variables that begin as an empty dictionary."""
    found = set()
    for name, bindings in module.bindings.items():
        values = [b.value for b in bindings if b.how == "value"]
        if len(values) == 1 and _is_empty(values[0]):
            found.add(name)
    return found


def _is_empty(value: Expr | None) -> bool:
    if isinstance(value, Dict):
        return not value.keys
    if isinstance(value, Call):
        last = dotted(value.func).rpartition(".")[2]
        return last in _MAKES and all(isinstance(a, (Name, Attr)) for a in value.args) and not value.keywords
    return False


def _growing(project: Project, inputs: Inputs, kept: dict[str, set[str]]) -> Iterator[Finding]:
    for function in project.functions:
        names = kept.get(function.module.path)
        if not names or not inputs.of(function):
            continue
        reach = project.calls.reach(function)
        if reach is None:
            continue
        for name, key, node in _fills(function, names):
            if (
                not inputs.is_sent(key, function)
                or not _looks_up(function, name)
                or _shrinks(project, function.module, name)
            ):
                continue
            shown = " ".join(function.module.text(key).split())
            yield _finding(
                function,
                reach,
                node,
                owner=f"{function.module.name}.{name}",
                message=f"`{function.name}` keeps an entry of `{name}` for every `{shown}` that a request ever sent, and nothing takes "
                "one out",
                evidence=f"`{name}` is a plain dictionary of the module; nowhere is an entry removed or their number looked at",
            )


def _fills(function: FunctionInfo, names: set[str]) -> Iterator[tuple[str, Expr, Node]]:
    """`CACHE[key] = value` and `CACHE.setdefault(key, value)` on the module's dictionaries."""
    own = names - set(function.bindings)
    for statement in function.statements:
        for target in statement.targets if isinstance(statement, Assign) else ():
            if isinstance(target, Sub) and dotted(target.value) in own:
                yield dotted(target.value), target.index, target
    for site in function.calls:
        call = site.node
        assert isinstance(call, Call)
        owner, _, method = dotted(call.func).rpartition(".")
        if method == "setdefault" and owner in own and call.args:
            yield owner, call.args[0], call


def _looks_up(function: FunctionInfo, name: str) -> bool:
    """Whether the function first looks whether it is there: that makes it a cache, and no store."""
    for site in function.sites:
        node = site.node
        if isinstance(node, Op) and node.op in {"In", "NotIn"} and dotted(node.operands[-1]) == name:
            return True
        if isinstance(node, Call) and dotted(node.func) in {f"{name}.get", f"{name}.setdefault"}:
            return True
    return False


def _shrinks(project: Project, module: Module, name: str) -> bool:
    """Whether anything may take entries out, in this module or where the dictionary is imported."""
    for other in project.index.by_path.values():
        if name not in other.source.text:
            continue
        text = other.source.text
        if (
            any(f"{name}.{word}(" in text for word in _EVICTS)
            or f"len({name})" in text
            or f"del {name}[" in text
        ):
            return True
    for function in project.functions:
        if function.module is not module:
            continue
        body = list(function.statements)
        if any(isinstance(s, Other) and s.kind == "Global" for s in body) and name in function.bindings:
            return True
        # Handed to somebody else, it may be emptied there.
        if any(
            isinstance(argument, Name) and argument.id == name
            for site in function.calls
            if isinstance(site.node, Call)
            for argument in (*site.node.args, *(k.value for k in site.node.keywords))
        ):
            return True
    return False


def _finding(
    function: FunctionInfo,
    reach: Reach,
    node: Node,
    *,
    owner: str,
    message: str,
    evidence: str,
) -> Finding:
    confidence, severity, why = weigh(reach, reach.path, "possible", "medium")
    return make(
        problem="unbounded-cache",
        domain="caching",
        severity=severity,
        confidence=confidence,
        message=message,
        module=function.module,
        owner=owner,
        node=node,
        identity=(owner, "unbounded"),
        routes=route_names(reach),
        call_path=path_of(reach),
        evidence=(
            SourceEvidence(text=evidence + (f"; but {why}" if why else ""), locations=(function.at(node),)),
        ),
        impact=_IMPACT,
        fix_class="proved",
    )
