"""Clients that the service builds once and keeps, and how a function reaches them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.project.dependencies import provider_of
from pitstop.project.facts import Assign, Attr, Call, Const, Dict, Expr, Name, Statement, Sub, Yield, dotted
from pitstop.project.imports import is_test
from pitstop.project.inference import self_assignments
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import walk

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.inference import Scope
    from pitstop.project.model import Module

_KEPT = {"auth", "base_url", "cookies", "event_hooks", "headers", "params", "timeout", "trust_env"}


@dataclass(frozen=True, slots=True)
class Given:
    """A dependency that hands over a client which it did not build, and how functions ask for it."""

    provider: FunctionInfo
    module: Module
    name: str = ""
    """The alias `Annotated[Client, Depends(provider)]` in `module`; empty where it is written out each time."""
    by_default: bool = False
    """Whether it is written as `client: Client = Depends(provider)`."""


def kept_clients(project: Project, kind: str) -> Iterator[tuple[Module, Call]]:
    """Where clients of a class are built outside of requests and tests."""
    for function in project.functions:
        if project.calls.reach(function) is None and not is_test(function.module):
            for sink in project.calls.sinks(function):
                if sink.name == kind and isinstance(sink.site.node, Call):
                    yield function.module, sink.site.node
    for module in _served(project):
        for statement in module.source.facts.body:
            value = statement.value if isinstance(statement, Assign) else None
            if isinstance(value, Call) and project.types.type_of(value, module).name == kind:
                yield module, value


def handed_over(project: Project, function: FunctionInfo, kind: str) -> tuple[str, FunctionInfo | None]:
    """`self.http`, where the object was given such a client, and what gives it; empty where it was not."""
    if function.owner is None or not function.node.parameters:
        return "", None
    init = project.types.member_function(function.owner.qualname, "__init__")
    if init is None:
        return "", None
    handed = {p.name for p in init.node.parameters}
    this = function.node.parameters[0].name
    for name, assigned in self_assignments(init).items():
        for statement in assigned:
            value = statement.value
            if (
                isinstance(value, Name)
                and value.id in handed
                and project.types.type_of(value, init).name == kind
            ):
                provider = provider_of(project.types, init, value.id)
                return f"{this}.{name}", project.index.functions.get(provider.name) if provider else None
    return "", None


def given_clients(project: Project, kind: str) -> Iterator[Given]:
    """The dependencies of the service that hand over a client of a class; those with an alias come first."""
    for module in _served(project):
        for name, bindings in module.bindings.items():
            for binding in bindings:
                value = binding.value
                if binding.how != "value" or not isinstance(value, Sub):
                    continue
                if project.types.annotation(value, module).name != kind:
                    continue
                provider = _provider(project, value, module)
                if provider is not None and _hands_over(project, provider):
                    yield Given(provider, module, name)
    for function in project.functions:
        for parameter in function.node.parameters if not is_test(function.module) else ():
            home = function.parent or function.module
            if (
                parameter.annotation is None
                or project.types.annotation(parameter.annotation, home).name != kind
            ):
                continue
            found = provider_of(project.types, function, parameter.name)
            provider = project.index.functions.get(found.name) if found is not None else None
            if provider is not None and _hands_over(project, provider):
                yield Given(provider, provider.module, by_default=parameter.default is not None)


def _hands_over(project: Project, provider: FunctionInfo) -> bool:
    """Whether a function gives what is kept somewhere, and builds nothing."""
    builds = any(s.known.kind == "builds-client" for s in project.calls.sinks(provider))
    return (
        not builds
        and not provider.yields
        and bool(provider.returns)
        and all(isinstance(r, Attr) for r in provider.returns)
    )


def _provider(project: Project, alias: Sub, module: Module) -> FunctionInfo | None:
    items = getattr(alias.index, "items", ())
    for item in items[1:]:
        inner = project.types.depends(item, module)
        if inner is not None:
            found = project.types.type_of(inner, module)
            return project.index.functions.get(found.name)
    return None


def built_for(project: Project, provider: FunctionInfo, kind: str) -> tuple[Scope, Call] | None:
    """The call that builds, outside of requests, what a provider hands over as `request.app.state.http`, and where it stands."""
    put = {held_in_state(project, each) for each in provider.returns}
    found = put.pop() if len(put) == 1 else None
    if found is None or (isinstance(found[0], FunctionInfo) and project.calls.reach(found[0]) is not None):
        return None
    return _building(project, *found, kind)


def held_in_state(project: Project, expr: Expr) -> tuple[Scope, Expr] | None:
    """What `request.app.state.http` is, or `request.state.http`, which a lifespan yields: the value and where it is read.

    None unless one place alone puts something there.
    """
    name = dotted(expr).split(".")[-2:]
    if len(name) != 2 or name[0] != "state":
        return None
    found = [
        (scope, statement.value)
        for scope, body in _bodies(project)
        for statement in walk(body)
        if isinstance(statement, Assign)
        and statement.value is not None
        and any(dotted(target).split(".")[-2:] == name for target in statement.targets)
    ]
    put = [each for each in found if not (isinstance(each[1], Const) and each[1].value is None)]
    put += [
        (lifespan, value)
        for lifespan in project.routes.lifespans
        for given in lifespan.yields
        if isinstance(given, Yield) and isinstance(given.value, Dict)
        for key, value in zip(given.value.keys, given.value.values, strict=True)
        if isinstance(key, Const) and key.value == name[1]
    ]
    return put[0] if len(put) == 1 else None


def is_touched(project: Project, kind: str) -> bool:
    """Whether the service reads or writes anywhere what a client of a class keeps for all requests: headers, cookies, credentials."""
    return any(
        isinstance(site.node, Attr)
        and site.node.attr in _KEPT
        and project.types.type_of(site.node.value, function).name == kind
        for function in project.functions
        if not is_test(function.module)
        for site in function.sites
    )


def _served(project: Project) -> Iterator[Module]:
    return (module for module in project.index.by_path.values() if not is_test(module))


def _bodies(project: Project) -> Iterator[tuple[Scope, tuple[Statement, ...]]]:
    for module in _served(project):
        yield module, module.source.facts.body
    for function in project.functions:
        if not is_test(function.module):
            yield function, function.node.body


def _building(project: Project, scope: Scope, value: Expr, kind: str) -> tuple[Scope, Call] | None:
    """The call that builds a client, given as it is or by the name that it got before."""
    if isinstance(value, Name):
        bound = scope.bindings.get(value.id, [])
        given = bound[0].value if len(bound) == 1 and bound[0].how in {"value", "enter"} else None
        value = given if given is not None else value
    if not isinstance(value, Call) or project.types.type_of(value, scope).name != kind:
        return None
    return (scope, value) if project.types.type_of(value.func, scope).name == kind else None
