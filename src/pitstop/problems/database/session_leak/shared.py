"""One session shared by all requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.database.session_leak.makers import makes
from pitstop.problems.findings import make, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.facts import Assign, Attr, Call, Expr, Name, dotted
from pitstop.project.model import FunctionInfo, Module

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.sites import Site


def shared(project: Project) -> Iterator[Finding]:
    """One finding for each session that a module, or an object of a module, holds for all requests."""
    held = {**_in_modules(project), **_in_objects(project)}
    if not held:
        return
    used: dict[tuple[str, str], list[tuple[FunctionInfo, Site]]] = {}
    for function in project.functions:
        if project.calls.reach(function) is None:
            continue
        for site in function.sites:
            for key in _held_at(project, function, site.node):
                if key in held:
                    used.setdefault(key, []).append((function, site))
    for (path, name), uses in sorted(used.items(), key=lambda item: item[0]):
        module, node = held[path, name]
        function, site = uses[0]
        reach = project.calls.reach(function)
        assert reach is not None
        routes = [r for f, _ in uses if (own := project.calls.reach(f)) is not None for r in route_names(own)]
        yield make(
            problem="session-leak",
            domain="database",
            severity="high",
            confidence="likely",
            message=f"all requests share the session `{name}`: each sees, commits and rolls back what others do, and an error of "
            "one breaks the others until a rollback",
            module=module,
            owner=module.name,
            node=node,
            code=name,
            routes=tuple(dict.fromkeys(routes)),
            call_path=path_of(reach, (Step(function, site),)),
            evidence=(
                SourceEvidence(
                    text=f"`{name}` is made when the module is imported, and used in requests",
                    locations=(module.location(node), *(f.at(s.node) for f, s in uses[:5])),
                ),
            ),
            impact=Impact(text="each request has a transaction of its own"),
            fix_class="decide",
        )


def _home(project: Project, function: FunctionInfo, name: str) -> tuple[str, str]:
    """Path and name of the module variable that a name means."""
    bindings = function.module.bindings.get(name, ())
    if bindings and bindings[0].how == "import":
        owner, _, last = bindings[0].target.rpartition(".")
        module = project.index.module(owner)
        return (module.path, last) if module is not None else ("", "")
    return function.module.path, name


def _in_modules(project: Project) -> dict[tuple[str, str], tuple[Module, Call]]:
    """`session = Session(engine)` in a module."""
    return {
        (module.path, name): (module, value)
        for module, name, value in _made_in_modules(project)
        if module.says("ession") and makes(project, value, module) == "opens the session"
    }


def _in_objects(project: Project) -> dict[tuple[str, str], tuple[Module, Call]]:
    """`self.session = Session(engine)` in the `__init__` of a class of which a module holds an object."""
    made: dict[str, list[tuple[str, Module, Call]]] = {}
    for cls in project.index.classes.values():
        init = cls.methods.get("__init__")
        if init is None or "ession" not in cls.module.source.text:
            continue
        for statement in init.statements:
            value = statement.value if isinstance(statement, Assign) else None
            if isinstance(value, Call) and makes(project, value, init) == "opens the session":
                assert isinstance(statement, Assign)
                names = (dotted(target) for target in statement.targets)
                for name in (n.removeprefix("self.") for n in names if n.startswith("self.")):
                    made.setdefault(cls.qualname, []).append((name, cls.module, value))
    if not made:
        return {}
    found = {}
    for module, name, value in _made_in_modules(project):
        built = project.types.type_of(value, module)
        for attribute, home, call in made.get(built.name, ()) if built.kind == "instance" else ():
            found[module.path, f"{name}.{attribute}"] = (home, call)
    return found


def _made_in_modules(project: Project) -> Iterator[tuple[Module, str, Call]]:
    for module in project.index.by_path.values():
        for name, bindings in module.bindings.items():
            values = [b.value for b in bindings if b.how == "value" and not b.index]
            others = [b for b in bindings if b.how not in {"value", "annotation"}]
            if len(values) == 1 and not others and isinstance(values[0], Call):
                yield module, name, values[0]


def _held_at(project: Project, function: FunctionInfo, node: Expr) -> tuple[tuple[str, str], ...]:
    """What an expression may read: `session.commit` of a module's session, `holder.session` of a module's object."""
    if not isinstance(node, Attr) or not isinstance(node.value, Name) or node.value.id in function.bindings:
        return ()
    path, name = _home(project, function, node.value.id)
    return (path, name), (path, f"{name}.{node.attr}")
