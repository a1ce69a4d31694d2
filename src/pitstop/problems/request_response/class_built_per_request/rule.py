"""Model classes, type adapters, JSON schemas and template engines built on the way of a request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Confidence, Finding, Impact, Severity, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Reach, Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Attr, Call, Const, Name
from pitstop.project.lifetimes import outlives, varies
from pitstop.project.sites import Site
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.facts import Node
    from pitstop.project.model import FunctionInfo

_OWN = "pitstop's own measurement"


class _Kind(msgspec.Struct, frozen=True):
    """What is built, how sure it is that it need not be, and what it costs."""

    noun: str
    cost: str
    confidence: Confidence = "possible"
    ratio: float | None = None

    @property
    def impact(self) -> Impact:
        expected = (1.0, self.ratio) if self.ratio is not None else None
        source = (
            f"built per call against once: {self.ratio:.0f}× for the call itself; {_OWN}"
            if self.ratio
            else ""
        )
        return Impact(text=f"{self.cost}, once instead of each time", expected=expected, source=source)


_ADAPTER = _Kind("a validator", "building a validator for a type", ratio=50.0)
_MODEL = _Kind("a model class", "building a model class with its validator", ratio=165.0)
_SCHEMA = _Kind("a JSON schema", "walking a model and all models in it for their JSON schema")
_ENGINE = _Kind("a template engine", "compiling templates, which an engine that lives on does once")
_BUILDERS = {
    "pydantic.TypeAdapter": _ADAPTER,
    "pydantic.type_adapter.TypeAdapter": _ADAPTER,
    "pydantic.create_model": _MODEL,
    "pydantic.main.create_model": _MODEL,
    "pydantic.BaseModel.model_json_schema": _SCHEMA,
    "sqlmodel.SQLModel.model_json_schema": _SCHEMA,
    "jinja2.Environment": _ENGINE,
    "jinja2.environment.Environment": _ENGINE,
    "jinja2.sandbox.SandboxedEnvironment": _ENGINE,
    "jinja2.sandbox.ImmutableSandboxedEnvironment": _ENGINE,
    "jinja2.nativetypes.NativeEnvironment": _ENGINE,
    "fastapi.templating.Jinja2Templates": _ENGINE,
    "starlette.templating.Jinja2Templates": _ENGINE,
}
_LAST = {name.rpartition(".")[2] for name in _BUILDERS}
_MODELS = {"pydantic.BaseModel", "pydantic.RootModel", "sqlmodel.SQLModel"}
_MANY = 5


def find(project: Project) -> list[Finding]:
    """One finding for each place that builds for a request what could be built once."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    for function in project.functions:
        if project.calls.reach(function) is None:
            continue
        built = [*_calls(project, function), *_classes(project, function)]
        if not built or _tells_cache(function):
            continue
        for site, node, kind, shown, differs in built:
            reach = project.calls.reach(function, site)
            if reach is None or any(is_memoised(f) for f in (function, *(s.function for s in reach.path))):
                continue
            if not outlives(function, site.node):
                yield _finding(function, reach, site, node, kind, shown, differs=differs)


def _calls(project: Project, function: FunctionInfo) -> Iterator[tuple[Site, Node, _Kind, str, bool]]:
    for site in function.calls:
        call = site.node
        assert isinstance(call, Call)
        last = call.func.attr if isinstance(call.func, Attr) else getattr(call.func, "id", "")
        if last not in _LAST or site.in_lambda:
            continue
        kind = _BUILDERS.get(project.calls.external_name(call, function))
        if kind is None:
            continue
        differs = varies(function, call)
        if kind is _SCHEMA:
            differs = _is_given(call, function)
        if kind is _ADAPTER and _is_model(project, call, function):
            continue
        yield site, call, kind, last, differs


def _is_model(project: Project, call: Call, function: FunctionInfo) -> bool:
    """Whether an adapter is made for a model itself: it takes over the validator that the model has."""
    found = project.types.type_of(call.argument(0, "type"), function)
    return found.kind == "class" and bool(_MODELS & set(project.types.external_bases(found.name)))


def _is_given(call: Call, function: FunctionInfo) -> bool:
    """Whether the model of `model.model_json_schema()` is whatever the caller hands over."""
    owner = call.func.value if isinstance(call.func, Attr) else None
    if not isinstance(owner, Name):
        return not isinstance(owner, Attr)
    if owner.id == "cls":
        return False
    return any(b.how not in {"import", "class"} for b in function.bindings.get(owner.id, ()))


def _classes(project: Project, function: FunctionInfo) -> Iterator[tuple[Site, Node, _Kind, str, bool]]:
    """Model classes written out inside of a function."""
    for cls in function.classes.values():
        if _MODELS & set(project.types.external_bases(cls.qualname)):
            stand_in = Site(Const(cls.node.at, "str", cls.name))
            yield stand_in, cls.node, _MODEL, f"class {cls.name}", False


def _tells_cache(function: FunctionInfo) -> bool:
    """Whether a function speaks of a cache: what it builds is likely to be kept in it."""
    return any(
        "cache" in (site.node.id if isinstance(site.node, Name) else site.node.attr).lower()
        for site in function.sites
        if isinstance(site.node, (Name, Attr))
    )


def _finding(
    function: FunctionInfo, reach: Reach, site: Site, node: Node, kind: _Kind, shown: str, *, differs: bool
) -> Finding:
    routes = route_names(reach)
    severity: Severity = "high" if site.loops or len(routes) >= _MANY else "medium"
    doubts = ["what it is built from may differ from call to call"] if differs else []
    if site.conditional:
        doubts.append("a branch decides whether it happens")
    confidence, severity, why = weigh(
        reach, (Step(function, site),), kind.confidence, severity, doubts=doubts
    )
    often = "for each item, in every request" if site.loops else "for every request"
    return make(
        problem="class-built-per-request",
        domain="request-response",
        severity=severity,
        confidence=confidence,
        message=f"`{function.name}` builds {kind.noun} {often}: `{shown}`",
        module=function.module,
        owner=function.qualname,
        node=node,
        code=kind.noun,
        routes=routes,
        call_path=path_of(reach),
        evidence=(
            SourceEvidence(
                text=f"`{shown}` is made on the way of a request, and nothing keeps it"
                + (f"; but {why}" if why else ""),
                locations=(function.at(node),),
            ),
        ),
        impact=kind.impact,
        fix_class="proved",
    )
