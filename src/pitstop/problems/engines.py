"""The engines that a service makes: which database they are for, and what they say of their pool."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.project.facts import (
    Assign,
    Attr,
    Call,
    Const,
    Dict,
    Expr,
    Format,
    IfExp,
    Name,
    Op,
    Statement,
    Sub,
    children,
    dotted,
    expressions,
    string,
)
from pitstop.project.lifetimes import hands_on, outlives
from pitstop.project.model import FunctionInfo, Module
from pitstop.project.sites import walk

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.inference import Scope

MAKERS = {"sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine"}
_USERS = {
    "AsyncSession",
    "Session",
    "async_scoped_session",
    "async_sessionmaker",
    "scoped_session",
    "sessionmaker",
}
_ELSEWHERE = {"alembic", "bench", "benchmark", "benchmarks", "cli", "commands", "conftest", "docs", "env", "example", "examples"} | {
    "fixtures", "internal_docs", "management", "manage", "migration", "migrations", "script", "scripts", "seed", "seeds", "test",
    "testing", "tests", "tools", "utils_test", "vignettes",
}  # fmt: skip
_SERVERS = ("cockroach", "mariadb", "mssql", "mysql", "oracle", "postgres", "redshift")
_MENTIONS = ("postgres", "mysql", "mariadb", "psycopg", "asyncpg", "cockroach")


@dataclass(frozen=True)
class Engine:
    """One call that makes an engine."""

    call: Call
    scope: Scope
    module: Module
    name: str
    settings: dict[str, Expr] | None
    """What it is given by keyword; None where that cannot be read."""
    conditional: bool
    """Whether it is made in a branch: another one may have another engine."""
    may_be_sqlite: bool = False
    """Whether its URL is not in the code, and its module knows SQLite as well."""


def engines(project: Project, *, every: bool = False) -> Iterator[Engine]:
    """The engines of server databases that the service itself uses; with `every` those of others, and of one request, as well."""
    mentions: bool | None = None
    for module in project.index.by_path.values():
        text = module.source.text
        if "create_engine" not in text and "create_async_engine" not in text:
            continue
        if is_elsewhere(module.path) or (project.routes.all and not project.jobs.serves(module)):
            continue
        for scope, call, name, conditional in _calls(project, module, every=every):
            scheme = scheme_of(project, call.argument(0, "url"), scope)
            if scheme and not scheme.lower().startswith(_SERVERS) and not every:
                continue
            if not scheme and not every:
                mentions = mentions_server(project) if mentions is None else mentions
                if not mentions:
                    continue
            if isinstance(scope, FunctionInfo) and not every and not _lasts(project, scope, call):
                continue
            yield Engine(
                call,
                scope,
                module,
                name,
                _settings(call, scope),
                conditional,
                not scheme and "sqlite" in text,
            )


def _calls(project: Project, module: Module, *, every: bool) -> Iterator[tuple[Scope, Call, str, bool]]:
    """Calls of `create_engine` in a module, with the name that each is bound to at module level."""
    top = {id(statement) for statement in module.source.facts.body}
    for statement in walk(module.source.facts.body):
        if isinstance(statement, Assign) and isinstance(statement.value, Call) and statement.targets:
            name = dotted(statement.targets[0])
            if _is_maker(project, statement.value, module) and (every or _gives_sessions(project, name)):
                yield module, statement.value, name, id(statement) not in top
    for function in project.functions:
        if function.module is not module:
            continue
        for site in function.calls:
            assert isinstance(site.node, Call)
            if _is_maker(project, site.node, function):
                yield function, site.node, "", site.conditional


def _lasts(project: Project, function: FunctionInfo, call: Call) -> bool:
    """Whether an engine made in a function serves the service: kept or handed on there, and not made for one request."""
    if outlives(function, call):
        return True
    reach = project.calls.reach(function)
    if reach is not None and not any(outlives(step.function, step.site.node) for step in reach.path):
        return False
    return hands_on(function, call) or function.name == "__init__"


def _is_maker(project: Project, call: Call, scope: Scope) -> bool:
    written = dotted(call.func).rpartition(".")[2]
    return written.endswith(("create_engine", "create_async_engine")) and (
        project.types.type_of(call.func, scope).name in MAKERS
    )


def _gives_sessions(project: Project, name: str) -> bool:
    """Whether sessions are made from the engine of this name, somewhere in the service."""
    using = {
        module.path
        for module in project.index.by_path.values()
        if module.says(name) and not is_elsewhere(module.path)
    }
    calls: list[Call] = []
    for path in using:
        body = project.index.by_path[path].source.facts.body
        calls.extend(call for s in walk(body) for call in outer_calls(s))
    for function in project.functions:
        if function.module.path in using:
            calls.extend(site.node for site in function.calls if isinstance(site.node, Call))
    return any(
        dotted(call.func).rpartition(".")[2] in _USERS
        and any(
            dotted(value).rpartition(".")[2] == name
            for value in (*call.args, *(k.value for k in call.keywords))
        )
        for call in calls
    )


def outer_calls(statement: Statement) -> Iterator[Call]:
    """The calls that a statement itself makes, those in their arguments included."""
    stack = list(expressions(statement))
    while stack:
        expr = stack.pop()
        if isinstance(expr, Call):
            yield expr
        stack.extend(children(expr))


def is_elsewhere(path: str) -> bool:
    """Whether a file is no part of the running service: tests, migrations, scripts."""
    return bool(set(re.split(r"[/.]", path)) & _ELSEWHERE)


def mentions_server(project: Project) -> bool:
    """Whether the service knows of a database server, by its code."""
    return any(
        module.says(word)
        for module in project.index.by_path.values()
        if not is_elsewhere(module.path)
        for word in _MENTIONS
    )


# --- what it is given ------------------------------------------------------------------------------------------------


def scheme_of(project: Project, expr: Expr | None, scope: Scope, depth: int = 0) -> str:
    """`postgresql+asyncpg` for a URL that the code writes out; empty where it comes from elsewhere."""
    if expr is None or depth > 6:
        return ""
    match expr:
        case Const():
            text = string(expr)
            return text.partition(":")[0] if ":" in text else ""
        case Format():
            return scheme_of(project, expr.values[0] if expr.values else None, scope, depth + 1)
        case Op() | IfExp():
            first = expr.operands[0] if isinstance(expr, Op) else expr.body
            return scheme_of(project, first, scope, depth + 1)
        case Call():
            drivername = expr.keyword("drivername")
            if drivername is not None:
                return string(drivername)
            inner = (
                expr.func.value
                if isinstance(expr.func, Attr) and expr.func.attr in {"format", "replace"}
                else None
            )
            return scheme_of(project, inner or (expr.args[0] if expr.args else None), scope, depth + 1)
        case Name():
            return _named(project, expr.id, scope, depth)
    return ""


def _named(project: Project, name: str, scope: Scope, depth: int) -> str:
    if isinstance(scope, FunctionInfo) and name in scope.bindings:
        bound = scope.bindings[name]
        home: Scope = scope
    else:
        module = scope.module if isinstance(scope, FunctionInfo) else scope
        found = project.index.member(module, name)
        bound = [found] if found is not None else []
        home = (project.index.module(found.target) if found is not None and found.target else None) or module
    schemes = {
        scheme_of(project, b.value, home, depth + 1)
        for b in bound
        if b.how == "value" and b.value is not None
    }
    servers = sorted(s for s in schemes if s.lower().startswith(_SERVERS))
    return servers[0] if servers else next(iter(schemes - {""}), "")


def _settings(call: Call, scope: Scope) -> dict[str, Expr] | None:
    found: dict[str, Expr] = {}
    for keyword in call.keywords:
        if keyword.name is not None:
            found[keyword.name] = keyword.value
            continue
        inner = keyword.value
        more = _entries(inner, scope)
        if more is None:
            return None
        found |= more
    return found


def _entries(expr: Expr, scope: Scope) -> dict[str, Expr] | None:
    """What a dictionary handed over with `**` holds, as far as it is filled beside the call."""
    if isinstance(expr, Dict):
        if any(key is None for key in expr.keys):
            return None
        return {string(k): v for k, v in zip(expr.keys, expr.values, strict=True)}
    if isinstance(expr, Call) and dotted(expr.func) == "dict":
        if expr.args or any(k.name is None for k in expr.keywords):
            return None
        return {k.name or "": k.value for k in expr.keywords}
    if not isinstance(expr, Name):
        return None
    body = scope.node.body if isinstance(scope, FunctionInfo) else scope.source.facts.body
    found: dict[str, Expr] = {}
    is_known = False
    for statement in walk(body):
        value = getattr(statement, "value", None)
        if isinstance(value, Call) and dotted(value.func) == f"{expr.id}.update":
            return None
        if not isinstance(statement, Assign) or statement.value is None:
            continue
        for target in (t for s in statement.targets for t in (getattr(s, "items", None) or (s,))):
            if isinstance(target, Name) and target.id == expr.id:
                more = _entries(statement.value, scope) if not isinstance(statement.value, Name) else None
                if more is None:
                    return None
                found |= more
                is_known = True
            elif isinstance(target, Sub) and isinstance(target.value, Name) and target.value.id == expr.id:
                found[string(target.index)] = statement.value
    return found if is_known else None
