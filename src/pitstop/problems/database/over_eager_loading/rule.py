"""Relationships that the model or the query loads along, and that nothing on the way to the answer reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pitstop.data import Confidence, Finding, Impact, Location, Severity, SourceEvidence
from pitstop.problems.database.over_eager_loading.callers import Shared, shared
from pitstop.problems.database.over_eager_loading.readers import may_read, reads, walks
from pitstop.problems.database.over_eager_loading.users import WithUser, with_user
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.eager import eager
from pitstop.project.facts import Node
from pitstop.project.loads import Load
from pitstop.project.mentions import Mentions
from pitstop.project.model import FunctionInfo, Module
from pitstop.project.orm import Relationship
from pitstop.project.routes import Route

if TYPE_CHECKING:
    from pitstop.project import Project

IMPACT = Impact(
    text="one statement, or one join, less for each query of the model, and the rows that come with it",
)
_EAGER = {"joinedload", "selectinload", "subqueryload", "immediateload"}
_LAZY = {"selectin", "joined", "subquery", "immediate"}
Readers = Literal["nobody", "other code", "some routes"]
_MANY_ROUTES = 8
_FEW_READ = 0.15
_SOME_READ = 1 / 3
"""What is few where the queries of those routes can load it themselves."""
_OF_FASTAPI_USERS = {"oauth_accounts"}
"""What the library reads of a user itself."""


@dataclass(slots=True)
class _Loaded:
    """A relationship with the place that says it is loaded, and the loads that it comes with."""

    relation: Relationship
    module: Module
    owner: str
    node: Node
    by_model: bool
    loads: list[Load] = field(default_factory=list)

    @property
    def routes(self) -> list[Route]:
        found = {id(r): r for load in self.loads for r in load.reach.routes if r.kind == "route"}
        return list(found.values())


@dataclass(frozen=True, slots=True)
class Match:
    """A relationship loaded for nothing, and who reads it nevertheless."""

    finding: Finding
    relation: Relationship
    node: Node
    module: Module
    by_model: bool
    readers: Readers
    only_routes: bool
    """Whether it is only loaded on the way of routes."""
    loads: tuple[Load, ...] = ()
    """The queries that it comes with, where the model says that it is loaded."""


def find(project: Project) -> list[Finding]:
    """One finding for each relationship loaded for nothing, and for each query that loads some for those who have no use for them."""
    mentions = Mentions(project)
    queries = list(shared(project, mentions))
    found = [match.finding for match in _matches(project, mentions, queries)]
    return merge_places((*(_finding_of(each) for each in queries), *found))


def shared_queries(project: Project) -> list[tuple[Finding, Shared]]:
    """The queries of which only some callers read what they load along, for the fix."""
    return [(_finding_of(each), each) for each in shared(project, Mentions(project))]


def matches(project: Project) -> Iterator[Match]:
    """The relationships, for the fix."""
    mentions = Mentions(project)
    yield from _matches(project, mentions, list(shared(project, mentions)))


def _matches(project: Project, mentions: Mentions, queries: list[Shared]) -> Iterator[Match]:
    told = {id(option.node) for each in queries for option in each.options}
    for loaded in (*_by_query(project), *_by_model(project)):
        judged = _judge(project, mentions, loaded)
        if judged is not None and not (judged[1] == "some routes" and id(loaded.node) in told):
            finding, readers = judged
            only_routes = not any(
                project.jobs.has(load.function) or any(r.kind != "route" for r in load.reach.routes)
                for load in loaded.loads
            )
            yield Match(
                finding,
                loaded.relation,
                loaded.node,
                loaded.module,
                loaded.by_model,
                readers,
                only_routes,
                tuple(loaded.loads) if loaded.by_model else (),
            )
    for loaded_with in with_user(project):
        found = _judge_with_user(project, mentions, loaded_with)
        if found is not None:
            option = loaded_with.option
            module = loaded_with.function.module
            yield Match(found, option.relation, option.node, module, False, "some routes", only_routes=True)


def _by_query(project: Project) -> Iterator[_Loaded]:
    found: dict[int, _Loaded] = {}
    for load in project.loads.all:
        options = list(eager(project.types, load.statement))
        for option in options:
            # What only leads to another one is loaded for that.
            if option.loader not in _EAGER or any(option in other.above for other in options):
                continue
            scope = option.part.scope
            module = scope.module if isinstance(scope, FunctionInfo) else scope
            owner = scope.qualname if isinstance(scope, FunctionInfo) else scope.name
            known = found.setdefault(
                id(option.node), _Loaded(option.relation, module, owner, option.node, by_model=False)
            )
            known.loads.append(load)
    yield from found.values()


def _by_model(project: Project) -> Iterator[_Loaded]:
    loads: dict[str, list[Load]] = {}
    for load in project.loads.all:
        for entity in load.entities:
            loads.setdefault(entity, []).append(load)
    found: dict[int, _Loaded] = {}
    for model, its in loads.items():
        if model not in project.models.all:
            continue
        for relation in project.models.relationships(model).values():
            if relation.lazy not in _LAZY or not relation.target:
                continue
            stated = [x for x in its if relation.qualname not in _options(project, x)]
            module = relation.owner.module
            known = found.setdefault(
                id(relation.node),
                _Loaded(relation, module, relation.owner.qualname, relation.node, by_model=True),
            )
            known.loads.extend(stated)
    yield from found.values()


def _options(project: Project, load: Load) -> set[str]:
    return {o.relation.qualname for o in eager(project.types, load.statement)}


def _judge(project: Project, mentions: Mentions, loaded: _Loaded) -> tuple[Finding, Readers] | None:
    relation = loaded.relation
    routes = loaded.routes
    if not routes or _is_known_to_libraries(project, relation):
        return None
    name = relation.name
    readers = [f for f in mentions.readers.get(name, ()) if may_read(project, f, relation)]
    if not readers and name not in mentions.schema_fields:
        if any(walks(mentions, route, relation) for route in routes):
            return None
        return _finding(loaded, "likely", "nothing in the project reads it"), "nobody"
    reading = [r for r in routes if reads(mentions, r, relation)]
    if any(project.calls.reach(f) is None and f.owner is None for f in readers):
        return None
    few = _SOME_READ if _is_for_some_queries(mentions, loaded) else _FEW_READ
    if len(routes) >= _MANY_ROUTES and 0 < len(reading) <= few * len(routes):
        told = f"only {len(reading)} of the {len(routes)} routes that load it read it"
        return _finding(loaded, "possible", told), "some routes"
    if not reading:
        return _finding(loaded, "possible", "none of the routes that load it reads it"), "other code"
    return None


def _judge_with_user(project: Project, mentions: Mentions, found: WithUser) -> Finding | None:
    relation, routes = found.option.relation, found.routes
    if len(routes) < _MANY_ROUTES or relation.name in _OF_FASTAPI_USERS:
        return None
    readers = {
        f.qualname
        for f in project.functions
        if relation.name in f.module.source.text and may_read(project, f, relation)
    }
    # The look-up itself names the relationship, and is no reader of it.
    readers.discard(found.function.qualname)
    reading = [
        route
        for route in routes
        if readers & mentions.way(route)
        or mentions.answers_with(route, relation.name)
        or walks(mentions, route, relation)
    ]
    if len(reading) > _FEW_READ * len(routes):
        return None
    told = f"{len(reading)} of the {len(routes)} routes that ask for the user read it, {len(routes) - len(reading)} do not"
    return make(
        problem="over-eager-loading",
        domain="database",
        severity="medium",
        confidence="possible",
        message=f"`{relation.qualname}` is loaded along with the current user, but {told}",
        module=found.function.module,
        owner=found.function.qualname,
        node=found.option.node,
        code=relation.qualname,
        routes=tuple(dict.fromkeys(route.name for route in routes)),
        evidence=(SourceEvidence(text=told, locations=tuple(r.function.location for r in reading[:5])),),
        impact=IMPACT,
        fix_class="proved",
    )


def _is_for_some_queries(mentions: Mentions, loaded: _Loaded) -> bool:
    """Whether the model has a collection loaded, and some of its queries run for no route that reads it."""
    return (
        loaded.by_model
        and loaded.relation.many
        and any(
            not any(reads(mentions, r, loaded.relation) for r in load.reach.routes) for load in loaded.loads
        )
    )


def _is_known_to_libraries(project: Project, relation: Relationship) -> bool:
    """Whether the class extends one of another package, which may read what it knows of."""
    bases = project.types.external_bases(relation.model)
    return any(
        not b.startswith(("sqlalchemy", "sqlmodel", "pydantic", "builtins", "typing", "abc", "enum"))
        for b in bases
    )


def _finding_of(found: Shared) -> Finding:
    load, first = found.load, found.options[0]
    names = ", ".join(dict.fromkeys(f"`{each.path}`" for each in found.options if not each.above))
    told = f"{len(found.idle)} of the {found.total} routes that run it read none of that"
    severity: Severity = "medium" if any(each.relation.many for each in found.options) else "low"
    step = Step(load.function, load.site)
    confidence, severity, why = weigh(load.reach, (step,), "possible", severity)
    places = tuple(function.at(site.node) for function, site in found.sparing)
    return make(
        problem="over-eager-loading",
        domain="database",
        severity=severity,
        confidence=confidence,
        message=f"`{load.function.name}` loads {names} along for all who call it, but {told}",
        module=load.function.module,
        owner=load.function.qualname,
        node=first.node,
        code="options",
        routes=tuple(dict.fromkeys(route.name for route in found.idle)),
        call_path=path_of(load.reach, (step,)),
        evidence=(SourceEvidence(text=told + (f"; but {why}" if why else ""), locations=places[:5]),),
        impact=IMPACT,
        fix_class="proved",
    )


def _finding(loaded: _Loaded, confidence: Confidence, told: str) -> Finding:
    relation = loaded.relation
    load = loaded.loads[0]
    step = Step(load.function, load.site)
    severity: Severity = "medium" if relation.many or len(loaded.routes) > _MANY_ROUTES else "low"
    confidence, severity, why = weigh(load.reach, (step,), confidence, severity)
    how = f'`lazy="{relation.lazy}"`' if loaded.by_model else "the query"
    places: tuple[Location, ...] = tuple(dict.fromkeys(x.function.at(x.site.node) for x in loaded.loads[:5]))
    names: list[str] = []
    for one in loaded.loads:
        names += route_names(one.reach)
    return make(
        problem="over-eager-loading",
        domain="database",
        severity=severity,
        confidence=confidence,
        message=f"`{relation.qualname}` is loaded along by {how}, but {told}",
        module=loaded.module,
        owner=loaded.owner,
        node=loaded.node,
        code=relation.qualname,
        routes=tuple(dict.fromkeys(names)),
        call_path=path_of(load.reach, (step,)),
        evidence=(SourceEvidence(text=told + (f"; but {why}" if why else ""), locations=places),),
        impact=IMPACT,
        fix_class="proved",
    )
