"""Loops over data that embed one text a turn, here or in what they call, where one request takes many."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Call, Comp, For, OtherExpr, Seq, Sub
from pitstop.project.loops import is_picked, is_search, open_loop
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site

_IMPACT = Impact(text="one request for all texts instead of one for each")
_INPUT = {
    **{
        f"openai.{client}.embeddings.create": "input"
        for client in ("OpenAI", "AsyncOpenAI", "AzureOpenAI", "AsyncAzureOpenAI")
    },
    "litellm.embedding": "input",
    "litellm.aembedding": "input",
    "voyageai.Client.embed": "texts",
    "voyageai.AsyncClient.embed": "texts",
    "cohere.ClientV2.embed": "texts",
    "cohere.AsyncClientV2.embed": "texts",
    "langchain_openai.OpenAIEmbeddings.embed_query": "text",
    "langchain_openai.OpenAIEmbeddings.aembed_query": "text",
    "sentence_transformers.SentenceTransformer.encode": "sentences",
}
"""Calls that embed, or have a twin that embeds, many texts at once, with the argument that holds the text. Sources: the
documentation of openai, litellm, voyageai, cohere, langchain-openai and sentence-transformers."""
_METHODS = {name.rpartition(".")[2] for name in _INPUT}
_POSITIONAL = ("voyageai.", "langchain_openai.", "sentence_transformers.")
_DEEP = 3


def find(project: Project) -> list[Finding]:
    """One finding for each loop that embeds text by text."""
    direct = {f.qualname: sites for f in project.functions if (sites := _embeddings(project, f))}
    return merge_places(_find(project, direct)) if direct else []


def _embeddings(project: Project, function: FunctionInfo) -> dict[int, str]:
    """The calls of a function that embed one text, by their place."""
    found: dict[int, str] = {}
    for site in function.calls:
        call = site.node
        assert isinstance(call, Call)
        last = getattr(call.func, "attr", "") or getattr(call.func, "id", "")
        if last not in _METHODS or site.in_lambda:
            continue
        name = project.calls.external_name(call, function)
        if name in _INPUT and _is_one(project, function, call, name):
            found[id(site)] = name
    return found


def _is_one(project: Project, function: FunctionInfo, call: Call, name: str) -> bool:
    """Whether the argument is known to be one text."""
    given = call.keyword(_INPUT[name])
    if given is None and name.startswith(_POSITIONAL) and call.args:
        given = call.args[0]
    if isinstance(given, Seq):
        return len(given.items) == 1
    if given is None or (isinstance(given, Sub) and isinstance(given.index, OtherExpr)):
        return False
    return project.types.type_of(given, function).name == "str"


def _find(project: Project, direct: dict[str, dict[int, str]]) -> Iterator[Finding]:
    for function in project.functions:
        looping = [site for site in function.calls if site.loops and not site.in_lambda and not site.rescue]
        if not looping or project.calls.reach(function) is None:
            continue
        for site in looping:
            way = _way(project, function, site, direct)
            loop = open_loop(project.types, function, site) if way is not None else None
            reach = project.calls.reach(function, site)
            if (
                way is None
                or loop is None
                or reach is None
                or is_search(loop)
                or is_picked(project.types, function, site, loop)
            ):
                continue
            yield _finding(function, reach, site, loop, *way)


def _way(
    project: Project, function: FunctionInfo, site: Site, direct: dict[str, dict[int, str]]
) -> tuple[tuple[Step, ...], str] | None:
    """The steps from a call in a loop to an embedding that it makes on every way, and what embeds."""
    own = direct.get(function.qualname, {}).get(id(site))
    if own is not None:
        return (), own
    assert isinstance(site.node, Call)
    targets = project.calls.targets(site.node, function)
    if len(targets) != 1:
        return None
    seen = {function.qualname, targets[0].qualname}
    todo: deque[tuple[FunctionInfo, tuple[Step, ...]]] = deque([(targets[0], ())])
    while todo:
        current, path = todo.popleft()
        if is_memoised(current) or current.yields:
            continue
        known = direct.get(current.qualname, {})
        for inner in current.calls:
            if id(inner) in known and not (inner.conditional or inner.rescue or inner.loops):
                return (*path, Step(current, inner)), known[id(inner)]
        for edge in project.calls.edges(current) if len(path) < _DEEP else ():
            inner = edge.site
            always = not (inner.conditional or inner.rescue or inner.loops or inner.in_lambda or edge.choice)
            if edge.kind == "call" and always and edge.target.qualname not in seen:
                seen.add(edge.target.qualname)
                todo.append((edge.target, (*path, Step(current, inner))))
    return None


def _finding(
    function: FunctionInfo,
    reach: Reach,
    site: Site,
    loop: For | Comp,
    steps: tuple[Step, ...],
    name: str,
) -> Finding:
    source = loop.iter if isinstance(loop, For) else loop.generators[0].iter
    over = " ".join(function.module.text(source).split())
    over = over if len(over) <= 60 else over[:57] + "..."
    way = " → ".join([*dict.fromkeys(step.function.name for step in steps), f"`{name}`"])
    every = (Step(function, site), *steps)
    doubts = []
    if site.conditional and any(guard.at > loop.at for guard in site.guards):
        doubts.append("a branch decides on each turn")
    confidence, severity, why = weigh(reach, every, "likely", "medium", doubts=doubts)
    return make(
        problem="embedding-one-by-one",
        domain="llm",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` asks for one embedding ({way}) for each of `{over}`: one request takes many texts",
        module=function.module,
        owner=function.qualname,
        node=site.node,
        routes=route_names(reach),
        call_path=path_of(reach, every),
        evidence=(
            SourceEvidence(
                text=f"each turn of the loop over `{over}` sends one text" + (f"; but {why}" if why else ""),
                locations=(function.at(loop), *(step.location for step in steps)),
            ),
        ),
        impact=_IMPACT,
        fix_class="proved",
    )
