"""Statements with `joinedload` of collections side by side, or of a collection under a limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, Severity, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.eager import Eager, eager
from pitstop.project.loads import Load
from pitstop.project.model import FunctionInfo
from pitstop.project.orm import Relationship

if TYPE_CHECKING:
    from pitstop.project import Project

IMPACT = Impact(
    text="one statement more for each collection, instead of each row of one with each row of the other",
    expected=(1.5, 11.0),
    source="50 entities with two collections of 10: 500 + 500 rows against 5 000; with collections of 50 it is 25 times the rows",
)
_DEPTH = 3


@dataclass(frozen=True, slots=True)
class _Joined:
    """A collection that the statement joins."""

    path: tuple[str, ...]
    text: str
    relation: Relationship
    option: Eager | None


@dataclass(frozen=True, slots=True)
class Match:
    """A finding, and the loader options of the collections that are joined; empty where models join others against each other."""

    finding: Finding
    options: tuple[Eager, ...]


def find(project: Project) -> list[Finding]:
    """One finding for each set of collections that is joined in one statement."""
    return merge_places(match.finding for match in matches(project))


def matches(project: Project) -> Iterator[Match]:
    """Each statement that joins collections, a finding for each."""
    for load in project.loads.all:
        yield from _matches(project, load)


def _matches(project: Project, load: Load) -> Iterator[Match]:
    if not load.entities or not load.entities[0] or len(load.entities) > 1:
        return
    joined = list(_collections(project, load))
    if not any(one.option is not None for one in joined):
        # Those that the model itself joins are the matter of each query of it: told once, at the model.
        joined = joined if len(joined) > 1 else []
    apart = [one for one in joined if not any(_is_below(other, one) for other in joined)]
    if len(apart) > 1:
        yield _match(load, apart, joined, limited=False)
    elif apart and apart[0].option is not None and load.statement.of("limit", "slice"):
        yield _match(load, apart, joined, limited=True)


def _is_below(inner: _Joined, outer: _Joined) -> bool:
    return len(inner.path) > len(outer.path) and inner.path[: len(outer.path)] == outer.path


def _collections(project: Project, load: Load) -> Iterator[_Joined]:
    """The collections joined into the statement: by its options, or by the models it joins."""
    stated: dict[tuple[str, ...], Eager] = {}
    for option in eager(project.types, load.statement):
        stated[tuple(e.relation.name for e in (*option.above, option))] = option
    for path, option in stated.items():
        on_the_way = (*option.above, option)
        if all(e.loader == "joinedload" for e in on_the_way) and option.relation.many:
            yield _Joined(path, option.path, option.relation, option)
    yield from _by_model(project, load.model, (), stated)


def _by_model(
    project: Project, model: str, above: tuple[str, ...], stated: dict[tuple[str, ...], Eager]
) -> Iterator[_Joined]:
    if len(above) >= _DEPTH:
        return
    for relation in project.models.relationships(model).values():
        path = (*above, relation.name)
        option = stated.get(path)
        if option is None and relation.lazy != "joined":
            continue
        if option is not None and option.loader != "joinedload":
            continue
        if option is None and relation.many:
            yield _Joined(path, ".".join(path), relation, None)
        if relation.target:
            yield from _by_model(project, relation.target, path, stated)


def _match(load: Load, joined: list[_Joined], every: list[_Joined], *, limited: bool) -> Match:
    options = {one.path: one.option for one in joined if one.option is not None}
    by_model = [one for one in joined if one.option is None]
    for one in every:
        # What a model joins below a collection goes along into the statement that this gets.
        below = [each for each in by_model if each.path[: len(one.path)] == one.path]
        if one.option is not None and below:
            options[one.path] = one.option
            by_model = [each for each in by_model if each not in below]
    mends = tuple(options.values()) if len(by_model) < 2 else ()
    return Match(_finding(load, joined, limited=limited, mends=bool(mends)), mends)


def _finding(load: Load, joined: list[_Joined], *, limited: bool, mends: bool) -> Finding:
    names = ", ".join(f"`{one.text}`" for one in joined)
    step = Step(load.function, load.site)
    severity: Severity = "high" if load.takes("all", "each") else "medium"
    stated = [one.option for one in joined if one.option is not None]
    confidence, severity, why = weigh(
        load.reach,
        (step,),
        # How many rows each of the collections has, the source does not say.
        "possible",
        "low" if limited else severity,
    )
    if limited:
        message = f"{names} is joined under a LIMIT: the database has to wrap the page in a subquery and repeats each row of it"
    else:
        message = f"{len(joined)} collections are joined in one statement ({names}): each row of one comes with each row of the other"
    by_model = [one.relation for one in joined if one.option is None]
    locations = [r.owner.module.location(r.node, r.owner.qualname) for r in by_model]
    module, owner, node = load.function.module, load.function.qualname, load.site.node
    if stated and isinstance(stated[0].part.scope, FunctionInfo):
        home = stated[0].part.scope
        module, owner, node = home.module, home.qualname, stated[0].node
    return make(
        problem="cartesian-eager-load",
        domain="database",
        severity=severity,
        confidence=confidence,
        message=message,
        module=module,
        owner=owner,
        node=node,
        identity=None if stated else ("model", " ".join(sorted({r.qualname for r in by_model}))),
        code=" ".join(sorted(one.text for one in joined)),
        routes=route_names(load.reach),
        call_path=path_of(load.reach, (step,)),
        evidence=(
            SourceEvidence(
                text=f"joined collections: {names}" + (f"; but {why}" if why else ""),
                locations=(load.function.at(load.site.node), *locations),
            ),
        ),
        impact=IMPACT,
        fix_class="proved" if mends else "decide",
    )
