"""Field resolvers of GraphQL types that send a query: GraphQL calls them for each object of a list, with no loop in the code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import (
    Attr,
    Call,
    Const,
    Expr,
    If,
    Name,
    Op,
    Parameter,
    Return,
    Seq,
    Star,
    Sub,
    children,
    dotted,
)
from pitstop.project.model import ClassInfo, FunctionInfo
from pitstop.project.queries import Query
from pitstop.project.routes import Route
from pitstop.project.sites import walk

if TYPE_CHECKING:
    from pitstop.project import Project

_ROOTS = ("Query", "Mutation", "Subscription", "Queries", "Mutations", "Subscriptions", "Mixin", "Payload")
_LISTS = {"AsyncIterable", "Connection", "Iterable", "List", "ListConnection", "Sequence", "Edge", "list"}


def resolver_findings(project: Project, impact: Impact) -> Iterator[Finding]:
    """One finding for each resolver that sends a query and whose objects come in lists."""
    fields = [route for route in project.routes.all if route.kind == "graphql"]
    if not fields:
        return
    listed = _listed(fields)
    for route in fields:
        function = route.function
        owner = function.owner
        if owner is None or owner.name.endswith(_ROOTS) or owner.name not in listed:
            continue
        found = project.queries.find(function)
        reach = project.calls.reach(function)
        if found is None or reach is None:
            continue
        yield _finding(project, function, route, found[0], found[1], impact)


def _finding(
    project: Project,
    function: FunctionInfo,
    route: Route,
    steps: tuple[Step, ...],
    query: Query,
    impact: Impact,
) -> Finding:
    reach = project.calls.reach(function)
    assert reach is not None
    assert function.owner is not None
    doubts = []
    held = _held(steps)
    if not (held and _is_made_without(project, function.owner, held)):
        if any(step.site.conditional or step.site.rescue for step in steps):
            doubts.append("a branch on the way decides whether it is sent")
        if any(_may_return_before(step) for step in steps):
            doubts.append("an earlier `return` may spare it")
    if any(p.default is None and p.kind in {"", "k"} for p in _own_parameters(function)):
        doubts.append("it needs arguments, so clients rarely ask it of many objects")
    if any(
        _names(p.annotation) & {"Connection", "first", "CursorString"} for p in function.node.parameters
    ) or (_names(function.node.returns) & {"Connection", "ListConnection"}):
        doubts.append("it is a list of its own, which clients rarely ask of many objects")
    confidence, severity, why = weigh(reach, steps, "likely", "high", doubts=doubts)
    kind = function.owner.name
    what = query.model.rpartition(".")[2] or "rows"
    return make(
        problem="n-plus-one-loop",
        domain="database",
        severity=severity,
        confidence=confidence,
        message=f"`{kind}.{function.name}` reads {what} once for each {kind} of a list: a GraphQL field without a data loader",
        module=function.module,
        owner=function.qualname,
        node=function.node,
        code="resolver",
        # Fields that read one row through one helper are one matter.
        identity=(function.owner.qualname, steps[-1].function.qualname) if len(steps) > 1 else None,
        routes=(route.name,),
        call_path=tuple(step.location for step in steps),
        evidence=(
            SourceEvidence(
                text=f"GraphQL calls the resolver for each `{kind}` it returns"
                + (f"; but {why}" if why else ""),
                locations=tuple(step.location for step in steps),
            ),
        ),
        impact=impact,
        fix_class="decide",
    )


def _own_parameters(function: FunctionInfo) -> tuple[Parameter, ...]:
    """The arguments that the field takes: neither the object nor what GraphQL hands over."""
    return tuple(
        p for p in function.node.parameters[1:] if "Info" not in _names(p.annotation) and p.name != "info"
    )


def _may_return_before(step: Step) -> bool:
    """Whether an `if ...: return` stands before the site: the row is often there already."""
    for statement in step.function.node.body:
        if statement.line >= step.site.node.line:
            return False
        if isinstance(statement, If) and any(isinstance(s, Return) for s in walk(statement.body)):
            return True
    return False


def _held(steps: tuple[Step, ...]) -> str:
    """The attribute of the object that alone may spare the query: `if self.record is not None: return self.record`."""
    tests: list[Expr] = []
    for step in steps:
        site = step.site
        if site.rescue or len(site.guards) != int(site.conditional):
            return ""
        tests += site.guards
        for statement in step.function.node.body:
            if statement.line >= site.node.line:
                break
            if isinstance(statement, If) and any(isinstance(s, Return) for s in walk(statement.body)):
                tests.append(statement.test)
    names = {_own_attribute(test) for test in tests}
    return names.pop() if len(names) == 1 else ""


def _own_attribute(test: Expr) -> str:
    """`record` of `self.record`, `not self.record`, `self.record is None`."""
    if isinstance(test, Op) and test.op in {"Is", "IsNot", "Not"}:
        test = test.operands[0]
    if isinstance(test, Attr) and isinstance(test.value, Name) and test.value.id == "self":
        return test.attr
    return ""


def _is_made_without(project: Project, owner: ClassInfo, attribute: str) -> bool:
    """Whether some list is made of objects that are not handed a value for the attribute."""
    fields = [name for name, node in owner.attributes.items() if node.annotation is not None]
    if attribute not in fields:
        return False
    for function in project.functions:
        for site in function.calls:
            call = site.node
            assert isinstance(call, Call)
            if not site.loops or dotted(call.func).rpartition(".")[2] != owner.name:
                continue
            if project.types.type_of(call.func, function).name != owner.qualname:
                continue
            is_spread = any(isinstance(a, Star) for a in call.args) or any(not k.name for k in call.keywords)
            if not is_spread and call.argument(fields.index(attribute), attribute) is None:
                return True
    return False


def _listed(fields: list[Route]) -> set[str]:
    """The types that come in lists: those inside `list[...]` or `Connection[...]` of what some field returns."""
    found: set[str] = set()
    classes = {route.function.owner for route in fields if route.function.owner is not None}
    for cls in classes:
        for node in cls.attributes.values():
            found |= _in_lists(node.annotation)
    for route in fields:
        found |= _in_lists(route.function.node.returns)
    return found


def _in_lists(annotation: Expr | None) -> set[str]:
    found: set[str] = set()
    todo = [annotation]
    while todo:
        node = todo.pop()
        if isinstance(node, Sub):
            if dotted(node.value).rpartition(".")[2] in _LISTS:
                found |= _names(node.index)
            todo += [node.value, node.index]
        elif isinstance(node, (Seq, Op)):
            todo += children(node)
    return found


def _names(expr: Expr | None) -> set[str]:
    """All names and strings in an annotation, the last part of each."""
    found: set[str] = set()
    todo = [expr] if expr is not None else []
    while todo:
        node = todo.pop()
        if isinstance(node, Const) and isinstance(node.value, str):
            found.add(node.value.strip(" .").rpartition(".")[2])
        elif isinstance(node, Name):
            found.add(node.id)
        todo.extend(children(node))
    return found
