"""Images, documents, models, keys, archives and tables worked on by the event loop itself, here or below."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Impact, Severity, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.blocking import SOON
from pitstop.project.calls import Step
from pitstop.project.doubt import ANOTHER, weigh
from pitstop.project.facts import Call, dotted
from pitstop.project.library import spelled
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach
    from pitstop.project.edges import Edge, Sink
    from pitstop.project.model import FunctionInfo

_DOES = {
    "image": "works on an image",
    "document": "takes a whole document apart or builds one",
    "model": "runs or loads a model",
    "key": "looks for large primes",
    "archive": "packs or unpacks",
    "table": "reads or writes a whole table",
}
_IMPACT = Impact(text="latency of all other requests: each waits for the whole computation")
_HINTS = (
    "PIL", "cv2", "matplotlib", "pdf", "pytesseract", "docx", "pptx", "openpyxl", "markitdown", "docling", "unstructured", "fitz", "camelot",
    "tabula", "pandas", "polars", "transformers", "whisper", "spacy", "fastembed", "easyocr", "rsa", "RSA", "gzip", "zlib", "bz2", "lzma",
    "zipfile", "tarfile",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Work:
    """A computation, in the function that does it."""

    function: FunctionInfo
    sink: Sink

    @property
    def what(self) -> str:
        return self.sink.known.category.partition(",")[0]

    @property
    def grows(self) -> bool:
        return self.sink.known.category.endswith("grows")


def find(project: Project) -> list[Finding]:
    """One finding for each computation that a coroutine does or calls; several by one function are its places."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    concerned = {
        m.path for m in project.index.by_path.values() if any(hint in m.source.text for hint in _HINTS)
    }
    works = {
        f.qualname: found
        for f in project.functions
        if f.module.path in concerned and (found := _works(project, f))
    }
    if not works:
        return
    ways = _ways(project, works)
    for function in project.functions:
        reach = project.calls.reached.get((function.qualname, "loop"))
        if reach is None or not function.is_async:
            continue
        for work in works.get(function.qualname, ()):
            if not work.sink.site.awaited:
                yield _finding(function, reach, (Step(function, work.sink.site),), work, choice=False)
        for edge in project.calls.edges(function):
            if not _followed(edge) or edge.target.qualname not in ways:
                continue
            waits = project.blocking.below(edge.target)
            if waits is not None and waits[1].category not in SOON:
                # That place is told as a blocking call already.
                continue
            steps, work = _way(edge, function, ways, works)
            yield _finding(function, reach, steps, work, choice=edge.choice)


def _works(project: Project, function: FunctionInfo) -> list[_Work]:
    sinks = (
        s
        for s in project.calls.sinks(function)
        if s.known.kind == "computes" and not _only_stores(function, s) and not _starts_empty(s)
    )
    return sorted((_Work(function, sink) for sink in sinks), key=lambda w: (w.grows, w.sink.site.node.at))


def _only_stores(function: FunctionInfo, sink: Sink) -> bool:
    """Whether an archive is written as it is, which `ZipFile` does unless told how to compress."""
    if not sink.name.startswith("zipfile.ZipFile.write"):
        return False
    made = [
        site.node
        for site in function.calls
        if isinstance(site.node, Call) and dotted(site.node.func).rpartition(".")[2] == "ZipFile"
    ]
    return bool(made) and not any(call.argument(2, "compression") for call in made)


def _starts_empty(sink: Sink) -> bool:
    """Whether a new document is begun, as `docx.Document()` does, and none is read."""
    call = sink.site.node
    return (
        sink.known.category.startswith("document")
        and isinstance(call, Call)
        and sink.name.rpartition(".")[2][:1].isupper()
        and not call.args
        and not call.keywords
    )


def _followed(edge: Edge) -> bool:
    target = edge.target
    plain = edge.kind in {"call", "property"} and not edge.site.in_lambda
    return plain and not target.is_async and not target.yields


def _ways(project: Project, works: dict[str, list[_Work]]) -> dict[str, Edge | None]:
    """For each synchronous function that leads to a computation, the call that leads nearer; None where it is done."""
    callers: dict[str, list[tuple[FunctionInfo, Edge]]] = {}
    reached = {name for name, _ in project.calls.reached}
    for function in project.functions:
        if not function.is_async and function.qualname in reached:
            for edge in project.calls.edges(function):
                if _followed(edge):
                    callers.setdefault(edge.target.qualname, []).append((function, edge))
    memoised = {w[0].function.qualname for w in works.values() if is_memoised(w[0].function)}
    ways: dict[str, Edge | None] = dict.fromkeys(name for name in works if name not in memoised)
    todo = deque(ways)
    while todo:
        for caller, edge in callers.get(todo.popleft(), ()):
            if caller.qualname not in ways and not is_memoised(caller):
                ways[caller.qualname] = edge
                todo.append(caller.qualname)
    return ways


def _way(
    edge: Edge, function: FunctionInfo, ways: dict[str, Edge | None], works: dict[str, list[_Work]]
) -> tuple[tuple[Step, ...], _Work]:
    steps = [Step(function, edge.site)]
    current = edge.target
    while (further := ways[current.qualname]) is not None:
        steps.append(Step(current, further.site))
        current = further.target
    work = works[current.qualname][0]
    return (*steps, Step(current, work.sink.site)), work


def _finding(
    function: FunctionInfo, reach: Reach, steps: tuple[Step, ...], work: _Work, *, choice: bool
) -> Finding:
    shown = " → ".join(
        [*(step.function.name for step in steps[1:]), f"`{spelled(work.sink.name).replace('()', '')}`"]
    )
    looped = any(step.site.loops for step in steps)
    confidence: Confidence = "possible" if work.grows and not looped else "likely"
    severity: Severity = "medium" if work.grows else "high"
    doubts = [ANOTHER] if choice else []
    if work.grows and not looped:
        doubts.append("it depends on how much it is given")
    confidence, severity, why = weigh(reach, steps, confidence, severity, doubts=doubts)
    return make(
        problem="cpu-work-in-async",
        domain="async",
        severity=severity,
        confidence=confidence,
        message=f"`async def {function.name}` calls {shown}, which {_DOES[work.what]} on the event loop",
        module=function.module,
        owner=function.qualname,
        node=steps[0].site.node,
        identity=(work.function.qualname, work.what),
        routes=route_names(reach),
        call_path=path_of(reach, steps),
        evidence=(
            SourceEvidence(
                text=f"{shown}: no thread and no process on the way" + (f"; but {why}" if why else ""),
                locations=tuple(step.location for step in steps),
            ),
        ),
        impact=_IMPACT,
        fix_class="proved",
    )
