"""Engines, pools, connections and session makers built while a request is under way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Impact, Severity, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Reach, Step
from pitstop.project.carried import names_read
from pitstop.project.doubt import weigh
from pitstop.project.facts import Call, For
from pitstop.project.lifetimes import hands_on, outlives, varies

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site

_CONNECT = Impact(
    text="no connect and log-in on every request",
    expected=(12.0, 18.0),
    source="engine per request 18×, no pool 12×, against a shared pool, PostgreSQL; pitstop's own measurement",
)
_MAKER = Impact(
    text="no session class made anew on every request",
    expected=(1.1, 2.4),
    source="half a millisecond of CPU each, SQLAlchemy 2.0, Python 3.11; pitstop's own measurement",
)
_ENGINES = {
    "sqlalchemy.create_engine",
    "sqlalchemy.engine_from_config",
    "sqlalchemy.ext.asyncio.create_async_engine",
    "sqlalchemy.ext.asyncio.async_engine_from_config",
}
_POOLS = {
    "aiomysql.create_pool",
    "aiopg.create_pool",
    "asyncpg.create_pool",
    "databases.Database",
    "psycopg2.pool.SimpleConnectionPool",
    "psycopg2.pool.ThreadedConnectionPool",
    "psycopg_pool.AsyncConnectionPool",
    "psycopg_pool.ConnectionPool",
}
_CONNECTIONS = {
    "MySQLdb.connect",
    "aiomysql.connect",
    "asyncpg.connect",
    "psycopg.AsyncConnection.connect",
    "psycopg.Connection.connect",
    "psycopg.connect",
    "psycopg2.connect",
    "pymysql.connect",
}
_MAKERS = {"sqlalchemy.ext.asyncio.async_sessionmaker", "sqlalchemy.orm.sessionmaker"}
_LASTS = {name.rpartition(".")[2] for name in _ENGINES | _POOLS | _CONNECTIONS | _MAKERS}


def find(project: Project) -> list[Finding]:
    """One finding for each place on a request path that builds an engine or the like and keeps it for nobody else."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    providers: dict[str, tuple[Step, ...]] | None = None
    for function in project.functions:
        sites = [site for site in function.calls if _may_build(function, site)]
        if not sites:
            continue
        reach = project.calls.reach(function)
        if reach is None:
            providers = _below_unused_providers(project) if providers is None else providers
            if function.qualname not in providers:
                continue
            reach = Reach("loop", (), providers[function.qualname])
        names = [
            project.calls.external_name(site.node, function) for site in sites if isinstance(site.node, Call)
        ]
        for site, name in zip(sites, names, strict=True):
            if name in _MAKERS and _ENGINES & set(names):
                # The engine beside it is the greater cost, and has the same cure.
                continue
            what = _what(name)
            way = reach.at(site)
            if way is None:
                continue
            chain = (*way.path, Step(function, site))
            if (
                not what
                or site.in_lambda
                or _is_of_a_turn(site)
                or any(outlives(s.function, s.site.node) for s in chain)
            ):
                continue
            if name not in _MAKERS or _is_for_sessions_of_requests(way):
                yield _finding(name, what, way, chain)


def _below_unused_providers(project: Project) -> dict[str, tuple[Step, ...]]:
    """The functions run by dependencies that no route of this project uses (yet): they run within requests as well."""
    ways: dict[str, tuple[Step, ...]] = {}
    for function in project.functions:
        for parameter in function.node.parameters:
            outer = function.parent or function.module
            provider = project.types.depends(parameter.default, outer)
            found = project.types.type_of(provider, outer) if provider is not None else None
            entry = project.index.functions.get(found.name) if found is not None else None
            if entry is not None and project.calls.reach(entry) is None:
                ways.setdefault(entry.qualname, ())
    todo = list(ways)
    while todo:
        current = project.index.functions[todo.pop()]
        for edge in project.calls.edges(current):
            if edge.kind == "call" and edge.target.qualname not in ways:
                ways[edge.target.qualname] = (*ways[current.qualname], Step(current, edge.site))
                todo.append(edge.target.qualname)
    return ways


def _is_for_sessions_of_requests(reach: Reach) -> bool:
    """Whether many requests pay for a session maker: the middleware or dependency of many, not one rare route."""
    return len(reach.routes) > 1 or any(route.kind == "middleware" for route in reach.routes)


def _may_build(function: FunctionInfo, site: Site) -> bool:
    """A look at the name first: types are asked only where it could be one, and an import may have renamed it."""
    assert isinstance(site.node, Call)
    func = site.node.func
    written = getattr(func, "attr", "") or getattr(func, "id", "")
    if written in _LASTS:
        return True
    binding = function.module.bindings.get(written, ())
    return any(b.how == "import" and b.target.rpartition(".")[2] in _LASTS for b in binding)


def _is_of_a_turn(site: Site) -> bool:
    """Whether a loop goes over databases, and what is built is for one of them: `for path in paths: create_engine(f"sqlite:///{path}")`."""
    assert isinstance(site.node, Call)
    turns = {name for loop in site.loops if isinstance(loop, For) for name in names_read(loop.target)}
    given = (*site.node.args, *(keyword.value for keyword in site.node.keywords))
    return any(turns & set(names_read(value)) for value in given)


def _what(name: str) -> str:
    if name in _ENGINES:
        return "builds a new engine, with a pool of its own,"
    if name in _POOLS:
        return "builds a new connection pool"
    if name in _CONNECTIONS:
        return "opens a new connection to the database"
    return "builds a new session maker" if name in _MAKERS else ""


def _finding(name: str, what: str, reach: Reach, chain: tuple[Step, ...]) -> Finding:
    # A helper that only makes the engine is not to blame for being called in a request: its caller is.
    at = len(chain) - 1
    while at > 0 and hands_on(chain[at].function, chain[at].site.node):
        at -= 1
    if at < len(chain) - 1 and not hands_on(chain[at + 1].function, chain[at + 1].site.node):
        at += 1
    function, site = chain[at].function, chain[at].site
    doubts = []
    is_provider = not reach.routes or any(function in route.dependencies for route in reach.routes)
    if varies(function, site.node) and not is_provider:
        doubts.append("what it is built from may differ from call to call")
    if name in _MAKERS:
        severity: Severity = "low"
        doubts = []
    else:
        severity = "high"
    sure: Confidence = "likely"
    confidence, severity, why = weigh(reach, chain, sure, severity, doubts=doubts)
    return make(
        problem="engine-per-request",
        domain="database",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` {what} for every request",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        routes=route_names(reach),
        call_path=path_of(reach),
        evidence=(
            SourceEvidence(
                text=f"`{name}` is called on the way of a request, and nothing keeps what it gives for the next one"
                + (f"; but {why}" if why else ""),
                locations=tuple(step.location for step in chain[at:]),
            ),
        ),
        impact=_MAKER if name in _MAKERS else _CONNECT,
        fix_class="proved" if name in _ENGINES | _MAKERS else "decide",
    )
