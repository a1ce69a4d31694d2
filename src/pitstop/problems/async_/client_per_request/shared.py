"""A client of the same class and settings that the service keeps already, and how a function reaches it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.patching.python import Source
from pitstop.project.facts import Assign, Attr, Call, Name, Sub
from pitstop.project.inference import self_assignments

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo, Module


@dataclass(frozen=True, slots=True)
class Shared:
    """How to reach the shared client: by an expression in the function, or by a dependency's name."""

    expression: str = ""
    module: str = ""
    name: str = ""


def find_shared(project: Project, function: FunctionInfo, call: ast.Call, source: Source) -> Shared | None:
    """The one client built outside of requests with the same settings, as this function can reach it.

    Settings that are literals must be equal; others must be given to both. That the others are the same is left to the
    proof, which compares the answers and the calls that go out.
    """
    found = project.types.type_of(_light(function, call), function)
    kind = found.name
    if len([c for c in _kept(project, kind) if _same_settings(c, call)]) != 1:
        return None
    attribute = _attribute(project, function, kind)
    if attribute:
        return Shared(expression=attribute)
    return _dependency(project, function, kind, source)


def find_made(source: Source, call: ast.Call) -> Shared | None:
    """A function of the module that builds this very client once and remembers it."""
    for node in source.tree.body:
        if not isinstance(node, ast.FunctionDef) or len(node.body) != 1 or node.args.args:
            continue
        remembers = any(
            ast.unparse(d).rpartition(".")[2] in {"lru_cache", "cache"} for d in node.decorator_list
        )
        only = node.body[0]
        value = only.value if isinstance(only, ast.Return) else None
        if remembers and value is not None and value is not call and ast.dump(value) == ast.dump(call):
            return Shared(expression=f"{node.name}()")
    return None


def _light(function: FunctionInfo, call: ast.Call) -> Call:
    wanted = (call.lineno, call.col_offset, call.end_lineno, call.end_col_offset)
    return next(s.node for s in function.calls if isinstance(s.node, Call) and s.node.span == wanted)


def _kept(project: Project, kind: str) -> Iterator[tuple[Module, Call]]:
    """Where clients of this class are built outside of requests."""
    for function in project.functions:
        if project.calls.reach(function) is None:
            for sink in project.calls.sinks(function):
                if sink.name == kind and isinstance(sink.site.node, Call):
                    yield function.module, sink.site.node
    for module in project.index.by_path.values():
        for statement in module.source.facts.body:
            value = statement.value if isinstance(statement, Assign) else None
            if isinstance(value, Call) and project.types.type_of(value, module).name == kind:
                yield module, value


def _same_settings(kept: tuple[Module, Call], call: ast.Call) -> bool:
    module, other = kept
    given = {k.arg: k.value for k in call.keywords}
    if call.args or other.args or {k.name for k in other.keywords} != set(given):
        return False
    for keyword in other.keywords:
        mine = given[keyword.name]
        if isinstance(mine, ast.Constant) and ast.unparse(mine) != module.text(keyword.value):
            return False
    return True


def _attribute(project: Project, function: FunctionInfo, kind: str) -> str:
    """`self.http`, where the object was given such a client."""
    if function.owner is None or not function.node.parameters:
        return ""
    init = project.types.member_function(function.owner.qualname, "__init__")
    if init is None:
        return ""
    handed = {p.name for p in init.node.parameters}
    this = function.node.parameters[0].name
    for name, assigned in self_assignments(init).items():
        for statement in assigned:
            is_handed = isinstance(statement.value, Name) and statement.value.id in handed
            if is_handed and project.types.type_of(statement.value, init).name == kind:
                return f"{this}.{name}"
    return ""


def _dependency(project: Project, function: FunctionInfo, kind: str, source: Source) -> Shared | None:
    """An alias `Annotated[Client, Depends(...)]` whose provider hands over a client that it did not build."""
    del source
    for module in project.index.by_path.values():
        for name, bindings in module.bindings.items():
            for binding in bindings:
                value = binding.value
                if binding.how != "value" or not isinstance(value, Sub):
                    continue
                if project.types.annotation(value, module).name != kind:
                    continue
                provider = _provider(project, value, module)
                if provider is None or provider is function or provider.yields:
                    continue
                builds = any(s.known.kind == "builds-client" for s in project.calls.sinks(provider))
                if not builds and all(isinstance(r, Attr) for r in provider.returns) and provider.returns:
                    return Shared(module="" if module is function.module else module.name, name=name)
    return None


def _provider(project: Project, alias: Sub, module: Module) -> FunctionInfo | None:
    items = getattr(alias.index, "items", ())
    for item in items[1:]:
        inner = project.types.depends(item, module)
        if inner is not None:
            found = project.types.type_of(inner, module)
            return project.index.functions.get(found.name)
    return None
