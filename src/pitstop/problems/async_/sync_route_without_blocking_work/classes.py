"""Classes as dependencies whose `__init__` does nothing that takes time: one finding for all of a project, for one repair serves all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make
from pitstop.project.facts import Assign, Attr, Const, ExprStatement, Name, Statement
from pitstop.project.injected import Injected, injected

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.facts import Expr
    from pitstop.project.model import FunctionInfo

OWNER = "classes as dependencies"
_FEW = 2
"""Classes that a route has made at least: one hop of a thread alone is hard to tell from chance on most routes."""
_IMPACT = Impact(
    text="no threads to make objects in",
    expected=(1.0, 4.3),
    source="trivial def dependencies against async def, and a class counts as def: one 2.1×, five 4.3×; pitstop's own measurement",
)
Quick = Callable[["Project", "FunctionInfo", "Expr"], bool]


def find_classes(project: Project, quick: Quick) -> Iterator[Finding]:
    """The finding, where some route has at least two such classes made. `quick` says whether evaluating an expression takes no time."""
    found = made_in_threads(project, quick)
    hops = Counter(route for each in found for route in each.routes)
    most = max(hops.values(), default=0)
    if most < _FEW:
        return
    first, *others = found
    more = f" and {len(others)} more {'class' if len(others) == 1 else 'classes'}" if others else ""
    yield msgspec.structs.replace(
        make(
            problem="sync-route-without-blocking-work",
            domain="async",
            severity="medium",
            confidence="certain",
            message=f"FastAPI makes `{first.info.name}`{more} in threads, up to {most} for one request, and their `__init__` block nothing",
            module=first.info.module,
            owner=first.info.qualname,
            node=first.info.node,
            code=f"class {first.info.name}",
            identity=(OWNER, "__init__"),
            routes=sorted(hops, key=lambda route: (-hops[route], route)),
            call_path=(first.info.location,),
            evidence=(
                SourceEvidence(
                    text="A class that is a dependency counts as a plain function, and FastAPI runs each in a thread; every expression of "
                    "these `__init__` was seen to take no time",
                    locations=tuple(each.init.location for each in found),
                ),
            ),
            impact=_IMPACT,
            fix_class="proved",
        ),
        places=tuple(each.info.location for each in others),
    )


def made_in_threads(project: Project, quick: Quick) -> list[Injected]:
    """Those classes, by file and place."""
    found = injected(project.index, project.types, project.routes).values()
    kept = [each for each in found if _is_trifle(project, each, quick)]
    return sorted(kept, key=lambda each: (each.info.module.path, each.info.node.at))


def _is_trifle(project: Project, made: Injected, quick: Quick) -> bool:
    methods = {name for cls in project.types.mro(made.info.qualname) for name in cls.methods}
    if {"__new__", "__init_subclass__", "__setattr__", "__post_init__"} & methods or made.info.node.keywords:
        return False
    if {"test", "tests", "testing"} & set(made.info.module.path.split("/")) or made.init.node.decorators:
        return False
    return all(_keeps(project, made, statement, quick) for statement in made.init.node.body)


def _keeps(project: Project, made: Injected, statement: Statement, quick: Quick) -> bool:
    """Whether a statement of `__init__` is a docstring, or keeps something in an attribute of the object that takes no time to have."""
    if isinstance(statement, ExprStatement):
        return isinstance(statement.value, Const)
    if not isinstance(statement, Assign) or statement.value is None:
        return False
    own = made.init.node.parameters[0].name if made.init.node.parameters else ""
    if not all(
        isinstance(target, Attr)
        and isinstance(target.value, Name)
        and target.value.id == own
        # A property of that name would run.
        and project.types.member_function(made.info.qualname, target.attr) is None
        for target in statement.targets
    ):
        return False
    return quick(project, made.init, statement.value)
