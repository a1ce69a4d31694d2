"""Apps made with `debug=True`, whatever the environment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, SourceEvidence
from pitstop.problems.findings import make, merge_places
from pitstop.project.facts import Assign, Attr, Call, Const, Expr, Handler, Raise, Try, dotted
from pitstop.project.model import FunctionInfo, Module
from pitstop.project.sites import walk

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.routers import Router

_DEVELOPING = {"debug", "demo", "demos", "dev", "develop", "development", "example", "examples", "local"} | {
    "mock", "playground", "sandbox", "samples", "scripts", "test", "testing", "tests", "tutorial",
}  # fmt: skip


def find(project: Project) -> list[Finding]:
    """One finding for each app whose answers to errors hold its source."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    for app in project.routes.apps:
        if app.call is None or not _words(f"{app.module.path} {_owner(app)}").isdisjoint(_DEVELOPING):
            continue
        if _answers_all(project, app) or not _may_be_served(project, app):
            continue
        if _is_true(app.call.keyword("debug")) and not _is_switched(app, app.call):
            yield _finding(app, app.call)
    for module in project.index.by_path.values():
        if not module.says(".debug") or not _words(module.path).isdisjoint(_DEVELOPING):
            continue
        for statement in module.source.facts.body:
            # At the top of the module: what stands in an `if` is a switch.
            if isinstance(statement, Assign) and _is_true(statement.value):
                yield from _set(project, module, statement)


def _set(project: Project, module: Module, statement: Assign) -> Iterator[Finding]:
    for target in statement.targets:
        if isinstance(target, Attr) and target.attr == "debug":
            identity = project.routes.objects.identity(target.value, module)
            app = project.routes.routers.get(identity)
            if app is not None and app.is_app:
                yield _finding(app, target, module)


def _answers_all(project: Project, app: Router) -> bool:
    """Whether a middleware catches every error before Starlette shows it."""
    return any(
        route.kind == "middleware"
        and route.router is app
        and any(
            isinstance(statement, Try) and any(_is_any(handler) for handler in statement.handlers)
            for statement in route.function.statements
        )
        for route in project.routes.all
    )


def _may_be_served(project: Project, app: Router) -> bool:
    """Whether nothing says that another app is started: `uvicorn shop.main:versioned`."""
    named = {
        name
        for launch in project.deployment.launches
        for word in launch.text.split()
        for name in re.findall(r"^[\w.]+:(\w+)(?:\(\))?$", word)
    }
    return not named or app.identity.rpartition(":")[2] in named or isinstance(app.scope, FunctionInfo)


def _is_any(handler: Handler) -> bool:
    """`except:` or `except Exception:` that raises nothing again."""
    caught = dotted(handler.type).rpartition(".")[2] if handler.type is not None else ""
    raises = any(isinstance(statement, Raise) for statement in walk(handler.body))
    return caught in {"", "BaseException", "Exception"} and not raises


def _is_true(expr: Expr | None) -> bool:
    return isinstance(expr, Const) and expr.value is True


def _is_switched(app: Router, call: Call) -> bool:
    """Whether a branch decides that this app is made."""
    body = app.scope.node.body if isinstance(app.scope, FunctionInfo) else app.module.source.facts.body
    direct = {id(s) for s in body}
    return any(
        isinstance(statement, Assign) and statement.value is call and id(statement) not in direct
        for statement in walk(body)
    )


def _owner(app: Router) -> str:
    return app.scope.qualname if isinstance(app.scope, FunctionInfo) else ""


def _words(text: str) -> set[str]:
    return set(re.split(r"[^a-z0-9]+", text.lower()))


def _finding(app: Router, node: Expr, module: Module | None = None) -> Finding:
    home = module or app.module
    return make(
        problem="debug-in-production",
        domain="server",
        severity="medium",
        confidence="likely",
        message="an unexpected error is answered with the traceback and the source around it: "
        "the app is made with `debug=True`",
        module=home,
        owner=_owner(app) or home.name,
        node=node,
        identity=(app.identity, "debug"),
        evidence=(
            SourceEvidence(
                text="`debug` is true whatever the environment; Starlette then shows each "
                "frame of an error to whoever asked",
                locations=(home.location(node, _owner(app)),),
            ),
        ),
        fix_class="decide",
    )
