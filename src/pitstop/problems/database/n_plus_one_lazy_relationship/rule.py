"""Relationships that nobody loaded, read once for each row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Finding, Impact, SourceEvidence, finding_id
from pitstop.problems.database.n_plus_one_lazy_relationship.answers import answered
from pitstop.problems.database.n_plus_one_lazy_relationship.awaited import read_unawaited
from pitstop.problems.database.n_plus_one_lazy_relationship.options import unclear_options
from pitstop.problems.database.n_plus_one_lazy_relationship.reads import Reads
from pitstop.problems.database.n_plus_one_lazy_relationship.schemas import schema_reads
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Node
from pitstop.project.model import FunctionInfo, Type
from pitstop.project.orm import Relationship
from pitstop.project.sites import Site

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach

IMPACT = Impact(
    text="one statement instead of one for each row",
    expected=(1.3, 14.0),
    source="1 + 50 queries against an eager load: 7× with selectinload, 14× with joinedload to-one, 2× and 1.3× to-many; pitstop's own measurement",
)
_KINDS = {
    "country",
    "currency",
    "kind",
    "language",
    "level",
    "priority",
    "role",
    "severity",
    "state",
    "status",
    "type",
}


@dataclass(frozen=True, slots=True)
class Match:
    """A relationship read for each row of a query that does not load it."""

    finding: Finding
    relation: Relationship
    chain: tuple[Relationship, ...]
    """The relationships from the queried model to the one read; the last is `relation`."""
    origin: tuple[str, int]
    """Path and place of the `select(...)` (or `get`) that the rows come from."""


def find(project: Project) -> list[Finding]:
    """One finding for each relationship that is lazily loaded row by row."""
    return merge_places((*(match.finding for match in matches(project)), *read_unawaited(project)))


def matches(project: Project) -> Iterator[Match]:
    """All such reads on the way of a request, with the query to mend."""
    reads = Reads(project)
    sent = _sent(project)
    same = _same_parent(project)
    unclear = unclear_options(project)
    seen: set[tuple[str, str]] = set()
    for function in project.functions:
        reach = project.calls.reach(function)
        if reach is None:
            continue
        for rows, read, steps, looped in reads.at_rows(function):
            chain = read.chain(rows)
            missing = next(
                (
                    r
                    for r in chain
                    if r.qualname not in rows.loaded and r.lazy in {"select", "True", "immediate"}
                ),
                None,
            )
            if missing is None or not looped or rows.origin is None or rows.origin in unclear:
                continue
            if _turns_back(chain):
                continue
            if chain[0] is missing and rows.origin in same.get(missing.qualname, ()):
                continue
            query = sent.get(rows.origin)
            if (
                query is not None
                and query.is_async
                and not read.awaited
                and not _in_run_sync(project, read.function)
            ):
                # A plain lazy read raises under an async session: code that works has it loaded somewhere.
                continue
            at = next((step for step in steps if step.site.loops), Step(read.function, Site(read.node)))
            found = _finding(at.function, at.site.node, chain, steps, reach, project, rows)
            if (found.id, str(rows.origin)) not in seen:
                seen.add((found.id, str(rows.origin)))
                yield Match(found, chain[-1], chain, rows.origin)
    yield from _serialised(project, sent, same, unclear)


def _finding(
    function: FunctionInfo,
    node: Node,
    chain: tuple[Relationship, ...],
    steps: tuple[Step, ...],
    reach: Reach,
    project: Project,
    rows: Type,
) -> Finding:
    relation = chain[-1]
    entity = rows.name.rpartition(".")[2]
    doubts = _doubts(relation, rows, steps)
    # Behind a relationship to one the session asks once for each that it has not got.
    one = next((step.target for step in reversed(chain) if _leads_by_key(step)), "")
    each = f"different {one.rpartition('.')[2]}" if one else entity
    confidence, severity, why = weigh(reach, steps, "likely", "high", doubts=doubts)
    return make(
        problem="n-plus-one-lazy-relationship",
        domain="database",
        severity=severity,
        confidence=confidence,
        message=f"`{relation.qualname}` is loaded once for each {each}: the query does not load it along",
        module=function.module,
        owner=function.qualname,
        node=node,
        routes=route_names(reach),
        call_path=path_of(reach, steps),
        evidence=(_evidence(project, chain, rows, why),),
        impact=IMPACT,
        fix_class="proved",
    )


def _doubts(relation: Relationship, rows: Type, steps: tuple[Step, ...]) -> list[str]:
    """Why it may be that hardly any statement is sent."""
    doubts = ["a branch decides whether it is read"] if any(s.site.conditional for s in steps[1:]) else []
    is_kept = _leads_by_key(relation)
    if relation.target == rows.name and is_kept:
        doubts.append("the query may have read that row as well, and the session keeps what it has read")
    if is_kept and _is_kind(relation.target):
        doubts.append("there are few different ones, and the session keeps what it has read")
    return doubts


def _is_kind(target: str) -> bool:
    """Whether a table is one of kinds, of which there are a handful, by the last word of the model's name."""
    return re.split(r"(?=[A-Z])", target.rpartition(".")[2])[-1].lower() in _KINDS


def _leads_by_key(relation: Relationship) -> bool:
    """Whether the row itself holds the primary key of the other one, so that the session looks it up before it asks."""
    if relation.many:
        return False
    text = relation.owner.module.text(relation.node)
    return "remote" in text if relation.model == relation.target else "uselist" not in text


def _evidence(project: Project, chain: tuple[Relationship, ...], rows: Type, why: str) -> SourceEvidence:
    relation = chain[-1]
    locations = [relation.owner.module.location(relation.node, relation.owner.qualname)]
    if rows.origin is not None:
        module = project.index.by_path[rows.origin[0]]
        locations.insert(0, module.location(Node(at=rows.origin[1])))
    way = ".".join([rows.name.rpartition(".")[2], *(r.name for r in chain)])
    return SourceEvidence(
        text=f"`{way}` is read, and no loader option or `lazy=` loads it" + (f"; but {why}" if why else ""),
        locations=tuple(locations),
    )


@dataclass(slots=True)
class _Sent:
    """Where the statement built at a place is sent first, and whether an async session ever sends it."""

    function: FunctionInfo
    node: Node
    is_async: bool


def _sent(project: Project) -> dict[tuple[str, int], _Sent]:
    """Where each statement is sent, by the place at which it is built."""
    found: dict[tuple[str, int], _Sent] = {}
    for function in project.functions:
        for query in project.queries.direct(function):
            origin = (function.module.path, query.site.node.at)
            if query.statement is not None:
                origin = project.types.type_of(query.statement, function).origin or origin
            known = found.setdefault(origin, _Sent(function, query.site.node, query.is_async))
            known.is_async = known.is_async or query.is_async
    return found


def _in_run_sync(project: Project, function: FunctionInfo) -> bool:
    """Whether a function is entered through `session.run_sync`, where lazy loading works."""
    reach = project.calls.reach(function)
    if reach is None:
        return False
    for step in reach.path:
        for edge in project.calls.edges(step.function):
            if edge.kind == "runs-sync" and edge.site is step.site:
                return True
    return False


def _same_parent(project: Project) -> dict[str, set[tuple[str, int]]]:
    """Relationships to one, with the statements whose rows all share that one: they filter by its key.

    The session keeps what it has loaded by primary key, so such a relationship is loaded once at most.
    """
    found: dict[str, set[tuple[str, int]]] = {}
    for function in project.functions:
        for used in project.queries.filters(function):
            if used.kind != "equal" or not used.column.references or used.among:
                continue
            table = used.column.references.rpartition(".")[0]
            keys = [c for c in used.model.columns.values() if c.references.rpartition(".")[0] == table]
            for relation in used.model.relationships.values():
                target = project.models.all.get(relation.target)
                mine = len(keys) == 1 or used.column.attribute.startswith(relation.name)
                if mine and not relation.many and target is not None and target.table == table:
                    found.setdefault(relation.qualname, set()).add(used.statement)
    return found


def _turns_back(chain: Sequence[Relationship]) -> bool:
    """Whether a chain goes to many and from there back to the one that they belong to, which the session has."""
    return any(one.many and not other.many and other.target == one.model for one, other in pairwise(chain))


def _serialised(
    project: Project,
    sent: dict[tuple[str, int], _Sent],
    same: dict[str, set[tuple[str, int]]],
    unclear: frozenset[tuple[str, int]],
) -> Iterator[Match]:
    """Relationships that only the response model reads, after the handler has returned its rows."""
    for route in project.routes.all:
        if route.kind != "route" or route.decorator is None:
            continue
        function = route.function
        reach = project.calls.reach(function)
        if reach is None:
            continue
        for value, schema, row in answered(project, route):
            if row.origin is None or row.origin in unclear:
                continue
            query = sent.get(row.origin)
            if query is not None and query.is_async:
                continue
            chains = [
                chain
                for chain in schema_reads(project, schema, row.name)
                if row.origin not in same.get(chain[0].qualname, ())
                and not _turns_back(chain)
                and any(r.qualname not in row.loaded and r.lazy in {"select", "True"} for r in chain)
            ]
            steps = (Step(function, Site(value)),)
            # The one that costs most is told first.
            chains.sort(key=lambda c: (bool(_doubts(c[-1], row, steps)), _leads_by_key(c[-1])))
            for chain in chains:
                found = _finding(function, value, chain, steps, reach, project, row)
                others = dict.fromkeys(c[-1].qualname for c in chains if c[-1].qualname != chain[-1].qualname)
                found = _with_others(found, others)
                found = _at_query(project, found, function, row.origin, query)
                yield Match(found, chain[-1], chain, row.origin)


def _with_others(finding: Finding, others: Iterable[str]) -> Finding:
    """The finding with what the same answer reads besides: one query is to load it all."""
    if not others:
        return finding
    named = ", ".join(f"`{name}`" for name in others)
    evidence = SourceEvidence(text=f"the same answer reads {named} like that as well")
    return msgspec.structs.replace(finding, evidence=(*finding.evidence, evidence))


def _at_query(
    project: Project, found: Finding, handler: FunctionInfo, origin: tuple[str, int], sent: _Sent | None
) -> Finding:
    """The finding told at the query where another function than the handler asks it: one change there mends all readers."""
    if sent is None or sent.function is handler:
        return found
    made = project.index.by_path[origin[0]].text(Node(at=origin[1]))
    return msgspec.structs.replace(
        found,
        id=finding_id(found.problem, sent.function.qualname, made),
        location=sent.function.at(sent.node),
        places=(found.location,),
    )
