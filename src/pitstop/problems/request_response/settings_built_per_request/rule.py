"""Settings objects built, `.env` files read, and files that stay the same parsed, on the way of a request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, Severity, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.problems.request_response.settings_built_per_request.files import find_files
from pitstop.project.calls import Reach, Step
from pitstop.project.constancy import is_settings
from pitstop.project.doubt import weigh
from pitstop.project.facts import Assign, Call, Const, Expr, If, Name, Return, dotted
from pitstop.project.lifetimes import outlives, varies
from pitstop.project.model import FunctionInfo, Module
from pitstop.project.sites import Site, walk
from pitstop.project.traits import is_memoised

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.inference import Scope

_READERS = {
    "dotenv.load_dotenv",
    "dotenv.dotenv_values",
    "dotenv.main.load_dotenv",
    "dotenv.main.dotenv_values",
}
_SOURCE = "settings built per request against cached ones: 10 to 27× with a `.env` file, 2.6× from the environment alone;"
_FILE = Impact(
    text="no `.env` file parsed and no settings validated during requests",
    expected=(10.0, 27.0),
    source=f"{_SOURCE} a small route; pitstop's own measurement",
)
_ENVIRONMENT = Impact(
    text="no settings validated during requests",
    expected=(2.6, 2.6),
    source=f"{_SOURCE} a small route; pitstop's own measurement",
)


@dataclass(frozen=True, slots=True)
class _Built:
    """One place that builds settings: in `function`, as `shown`, from a file or not."""

    function: FunctionInfo
    site: Site
    shown: str
    from_file: bool


def find(project: Project) -> list[Finding]:
    """One finding for each place that builds settings for a request and keeps them for no other."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    settings = _settings_classes(project)
    names = {name.rpartition(".")[2] for name in settings}
    for function in project.functions:
        for each in _built(project, function, settings, names):
            reach = project.calls.reach(function, each.site)
            if reach is None or any(_remembers(f) for f in (function, *(s.function for s in reach.path))):
                continue
            if not outlives(function, each.site.node) and not varies(function, each.site.node):
                yield _finding(each, reach)
    yield from _as_dependency(project, settings)
    yield from find_files(project)


def _settings_classes(project: Project) -> dict[str, bool]:
    """The settings classes of a project, and whether they read a file."""
    found: dict[str, bool] = {}
    if not any(module.says("BaseSettings") for module in project.index.by_path.values()):
        return found
    for name, info in project.index.classes.items():
        if info.node.bases and is_settings(project.types, name):
            found[name] = any(
                _names_file(cls.attributes.get("model_config")) for cls in project.types.mro(name)
            ) or any(_config_names_file(project, cls.qualname) for cls in project.types.mro(name))
    return found


def _names_file(config: Assign | None) -> bool:
    if config is None or not isinstance(config.value, Call):
        return False
    given = config.value.keyword("env_file")
    return given is not None and not (isinstance(given, Const) and given.value is None)


def _config_names_file(project: Project, name: str) -> bool:
    inner = project.index.classes.get(f"{name}.Config")
    return inner is not None and "env_file" in inner.attributes


def _built(
    project: Project, function: FunctionInfo, settings: dict[str, bool], names: set[str]
) -> Iterator[_Built]:
    readers = {name.rpartition(".")[2] for name in _READERS}
    for site in function.calls:
        call = site.node
        assert isinstance(call, Call)
        last = dotted(call.func).rpartition(".")[2]
        if site.in_lambda or not (last in names or last in readers):
            continue
        found = project.types.type_of(call.func, function)
        if found.kind == "class" and found.name in settings and not _overridden(call):
            yield _Built(function, site, last, settings[found.name])
        elif found.kind == "external" and found.name in _READERS:
            yield _Built(function, site, last, True)


def _overridden(call: Call) -> bool:
    """Whether values are handed over: then it may be no reading of the environment at all."""
    return bool(call.args) or any(k.name is None or not k.name.startswith("_") for k in call.keywords)


def _remembers(function: FunctionInfo) -> bool:
    """Whether a function keeps its result, by a decorator, by itself, or wrapped at module level: `get = lru_cache(get)`."""
    if is_memoised(function):
        return True
    for bindings in function.module.bindings.values():
        for binding in bindings:
            value = binding.value
            if isinstance(value, Call) and any(
                isinstance(a, Name) and a.id == function.name for a in value.args
            ):
                wrapper: Expr = value.func.func if isinstance(value.func, Call) else value.func
                if "cache" in dotted(wrapper).lower():
                    return True
    return False


def _finding(built: _Built, reach: Reach) -> Finding:
    function, site = built.function, built.site
    doubts = (
        ["a branch decides whether it happens"]
        if site.conditional or _returned_before(function, site)
        else []
    )
    confidence, severity, why = weigh(
        reach, (Step(function, site),), "certain", _severity(from_file=built.from_file), doubts=doubts
    )
    if built.shown.islower():
        message = (
            f"`{function.name}` calls `{built.shown}` for every request: the `.env` file is read each time"
        )
    else:
        message = (
            f"`{function.name}` builds `{built.shown}` for every request: {_read(from_file=built.from_file)}"
        )
    return make(
        problem="settings-built-per-request",
        domain="request-response",
        severity=severity,
        confidence=confidence,
        message=message,
        module=function.module,
        owner=function.qualname,
        node=site.node,
        routes=route_names(reach),
        call_path=path_of(reach),
        evidence=(
            SourceEvidence(
                text=f"`{built.shown}` is called on the way of a request, and nothing keeps its result"
                + (f"; but {why}" if why else ""),
                locations=(function.at(site.node),),
            ),
        ),
        impact=_FILE if built.from_file else _ENVIRONMENT,
        fix_class="proved",
    )


def _returned_before(function: FunctionInfo, site: Site) -> bool:
    """Whether the function may have returned something else before: settings of a context, of a caller."""
    return any(
        isinstance(statement, If) and any(isinstance(inner, Return) for inner in walk(statement.body))
        for statement in function.node.body
        if statement.line < site.node.line
    )


def _severity(*, from_file: bool) -> Severity:
    return "high" if from_file else "medium"


def _read(*, from_file: bool) -> str:
    return f"the {'`.env` file' if from_file else 'environment'} is read and validated each time"


def _as_dependency(project: Project, settings: dict[str, bool]) -> Iterator[Finding]:
    """`Depends(Settings)`: FastAPI builds the class for each request. One finding for each class."""
    if not settings:
        return
    seen: dict[str, list[str]] = {}
    for route in project.routes.all:
        if route.kind in {"route", "websocket"}:
            for function in (route.function, *route.dependencies):
                seen.setdefault(function.qualname, []).append(route.name)
    for qualname, routes in seen.items():
        function = project.index.functions[qualname]
        for expr, module, name in _depended(project, function, settings):
            shown = name.rpartition(".")[2]
            text = f"`Depends({shown})` builds `{shown}` for every request: {_read(from_file=settings[name])}"
            yield make(
                problem="settings-built-per-request",
                domain="request-response",
                severity=_severity(from_file=settings[name]),
                confidence="certain",
                message=text,
                module=module,
                owner=module.name,
                node=expr,
                identity=(name, "Depends"),
                routes=tuple(dict.fromkeys(routes)),
                impact=_FILE if settings[name] else _ENVIRONMENT,
                fix_class="proved",
            )


def _depended(
    project: Project, function: FunctionInfo, settings: dict[str, bool]
) -> Iterator[tuple[Expr, Module, str]]:
    """The `Depends(...)` of a settings class among the parameters of a function, where they are written."""
    scope: Scope = function.parent or function.module
    for parameter in function.node.parameters:
        given = [(parameter.default, scope)] if parameter.default is not None else []
        if parameter.annotation is not None:
            given += [(m, where) for m, where, _ in project.types.metadata(parameter.annotation, scope)]
        for expr, where in given:
            provider = project.types.depends(expr, where)
            if provider is None:
                continue
            found = project.types.type_of(provider, where)
            if found.kind == "class" and found.name in settings:
                yield expr, where.module if isinstance(where, FunctionInfo) else where, found.name
