"""Dependencies and handlers of one route that each decode and verify the same token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.auth.token_decoded_twice.tokens import Decode, Tokens
from pitstop.problems.findings import make
from pitstop.project.calls import Reach
from pitstop.project.doubt import weigh
from pitstop.project.facts import Attr, Name, Op, Return
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Step
    from pitstop.project.routes import Route

_IMPACT = Impact(
    text="one verification of a signature less in each request",
    source="a token found in a cache was about 1000 times as fast as one decoded anew; pitstop's own measurement",
)
_CACHES = ("cache", "memo")


def find(project: Project) -> list[Finding]:
    """One finding for each two functions of a request that decode one token."""
    return [finding for finding, _, _ in matches(project)]


def matches(project: Project) -> list[tuple[Finding, Decode, Decode]]:
    """Each finding with the two decodings, that of the function which runs first before the other."""
    if not any(
        "decode" in m.source.text or "verify" in m.source.text for m in project.index.by_path.values()
    ):
        return []
    tokens = Tokens(project)
    decodes: dict[str, list[Decode]] = {}
    pairs: dict[tuple[str, str], tuple[Decode, Decode, list[Route]]] = {}
    for route in project.routes.all:
        if route.kind != "route":
            continue
        before: list[tuple[FunctionInfo, Decode]] = []
        for function in dict.fromkeys((*route.dependencies, route.function)):
            if function.qualname not in decodes:
                decodes[function.qualname] = list(tokens.of_entry(function))
            for second in decodes[function.qualname]:
                found = next((f for f in before if f[1].sources & second.sources), None)
                if found is not None:
                    key = (found[0].qualname, function.qualname)
                    pairs.setdefault(key, (found[1], second, []))[2].append(route)
                    break
            before += [(function, decode) for decode in decodes[function.qualname]]
    return list(_findings(pairs))


def _findings(
    pairs: dict[tuple[str, str], tuple[Decode, Decode, list[Route]]],
) -> Iterator[tuple[Finding, Decode, Decode]]:
    for first, second, routes in pairs.values():
        one, other = first.steps[0].function, second.steps[0].function
        reach = Reach("loop" if other.is_async else "thread", tuple(dict.fromkeys(routes)), ())
        doubts = (
            ["a branch or a cache decides whether both do"]
            if _is_doubtful(first) or _is_doubtful(second)
            else []
        )
        confidence, severity, why = weigh(reach, second.steps, "likely", "low", doubts=doubts)
        last = second.steps[-1].function
        found = make(
            problem="token-decoded-twice",
            domain="auth",
            severity=severity,
            confidence=confidence,
            message=f"`{other.name}` decodes and verifies the token that `{one.name}` of the same request has verified",
            module=last.module,
            owner=last.qualname,
            node=second.site.node,
            identity=(one.qualname, other.qualname),
            routes=tuple(route.name for route in routes),
            call_path=tuple(step.location for step in second.steps),
            evidence=(
                SourceEvidence(
                    text="both take it from "
                    + " or ".join(sorted(_told(s) for s in first.sources & second.sources))
                    + (f"; but {why}" if why else ""),
                    locations=tuple(dict.fromkeys(s.location for s in (*first.steps, *second.steps))),
                ),
            ),
            impact=_IMPACT,
            fix_class="proved",
        )
        yield found, first, second


def _told(source: tuple[str, str]) -> str:
    kind, name = source
    return f"`{name.rpartition('.')[2]}`" if kind == "dependency" else f"the {kind} `{name}`"


def _is_doubtful(decode: Decode) -> bool:
    return any(_may_pass_by(step) for step in decode.steps)


def _may_pass_by(step: Step) -> bool:
    """Whether a function may not come to a site: by a branch that asks for more than a token, or by a cache."""
    site, function = step.site, step.function
    if site.conditional and not (site.guards and all(_asks_whether_there(g) for g in site.guards)):
        return True
    if any(_is_cache(s.node) for s in function.sites):
        return True
    return any(isinstance(s, Return) and s.line < site.node.line for s in function.statements)


def _asks_whether_there(test: object) -> bool:
    return isinstance(test, (Name, Attr)) or (isinstance(test, Op) and test.op == "IsNot")


def _is_cache(node: object) -> bool:
    name = node.attr if isinstance(node, Attr) else node.id if isinstance(node, Name) else ""
    return any(word in name.lower() for word in _CACHES)
