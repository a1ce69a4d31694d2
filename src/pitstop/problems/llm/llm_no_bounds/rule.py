"""Calls of language models within requests that limit neither the time nor the length of the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Confidence, Finding, Severity, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Attr, Call, Const, Expr, Keyword, Name
from pitstop.project.hierarchy import self_assignments
from pitstop.project.model import FunctionInfo

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.calls import Reach
    from pitstop.project.inference import Scope
    from pitstop.project.model import Module
    from pitstop.project.sites import Site

_CLIENTS = {
    f"openai.{name}"
    for name in ("OpenAI", "AsyncOpenAI", "AzureOpenAI", "AsyncAzureOpenAI", "Client", "AsyncClient")
}
_CHATS = ("chat.completions.create", "chat.completions.parse", "beta.chat.completions.parse")
_RESPONSES = ("responses.create", "responses.parse")
_CALLS = {f"{client}.{method}" for client in (*_CLIENTS, "openai") for method in (*_CHATS, *_RESPONSES)}
_PARTS = {"create", "parse", "completions", "chat", "responses", "beta"}
_LITELLM = {f"litellm.{name}" for name in ("completion", "acompletion")}
"""Calls that take a limit of time and one of length, and need neither. Anthropic's asks for `max_tokens` always."""
_WAITS = {
    "openai": "up to 10 minutes, three times over when it fails",
    "litellm": "up to 10 minutes",
}
"""Sources: `DEFAULT_TIMEOUT` (600 s) and `DEFAULT_MAX_RETRIES` (2) in openai/_constants.py; litellm/main.py (600 s)."""
_LIMITS = {"timeout", "request_timeout", "max_tokens", "max_completion_tokens", "max_output_tokens"}
_OF_CLIENT = {"timeout", "http_client"}
_AROUND = re.compile(
    r"wait_for\(|\btimeout\(|timeout_at\(|fail_after\(|move_on_after\(|with_options\(|\.copy\("
)
_GLOBAL = re.compile(r"\bopenai\.timeout\s*=|\blitellm\.(?:request_)?timeout\s*=|\bREQUEST_TIMEOUT\b")


def find(project: Project) -> list[Finding]:
    """One finding for each module and library; further calls are its places."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    concerned = {
        path
        for path, module in project.index.by_path.items()
        if any(module.says(word) for word in (".create(", ".parse(", "completion(", "responses("))
    }
    clients: _Clients | None = None
    for function in project.functions:
        if function.module.path not in concerned:
            continue
        for site in function.calls:
            name = _unlimited(project, function, site)
            reach = project.calls.reach(function, site) if name else None
            if reach is None or _is_limited_around(reach, function):
                continue
            clients = clients or _Clients(project)
            if not clients.limit(name, site, function):
                yield _finding(function, site, reach, name)


def _unlimited(project: Project, function: FunctionInfo, site: Site) -> str:
    """The canonical name of a call of a language model that is given no limit; empty for any other."""
    call = site.node
    assert isinstance(call, Call)
    last = call.func.attr if isinstance(call.func, Attr) else getattr(call.func, "id", "")
    if (
        last not in {"create", "parse", "completion", "acompletion", "responses", "aresponses"}
        or site.in_lambda
    ):
        return ""
    if any(k.name in _LIMITS or _may_limit(project, function, k) for k in call.keywords):
        return ""
    stream = call.keyword("stream")
    if stream is not None and not (isinstance(stream, Const) and stream.value is False):
        # Whoever reads a stream sees it come, and may go away.
        return ""
    background = call.keyword("background")
    name = project.calls.external_name(call, function)
    return name if name in _CALLS | _LITELLM and background is None else ""


def _may_limit(project: Project, function: FunctionInfo, given: Keyword) -> bool:
    """Whether unpacked arguments may hold a limit: all but those of a function that names none."""
    if given.name is not None:
        return False
    targets = project.calls.targets(given.value, function) if isinstance(given.value, Call) else ()
    return not targets or any(limit in t.module.text(t.node) for t in targets for limit in _LIMITS)


def _is_limited_around(reach: Reach, function: FunctionInfo) -> bool:
    return any(
        _AROUND.search(f.module.text(f.node)) for f in (function, *(step.function for step in reach.path))
    )


class _Clients:
    """The clients that a project makes, and whether they are given a limit."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._made: list[tuple[Module, Call]] = []
        modules = [m for m in project.index.by_path.values() if "openai" in m.source.text]
        paths = {m.path for m in modules}
        scopes: list[Scope] = [*modules, *(f for f in project.functions if f.module.path in paths)]
        for scope in scopes:
            home = scope.module if isinstance(scope, FunctionInfo) else scope
            for site in scope.sites:
                if isinstance(site.node, Call) and self._is_client(site.node, scope):
                    self._made.append((home, site.node))
        texts = (m.source.text for m in project.index.by_path.values() if "timeout" in m.source.text.lower())
        self._is_global = any(_GLOBAL.search(text) for text in texts)

    def limit(self, name: str, site: Site, function: FunctionInfo) -> bool:
        """Whether a limit is set for the library, or may be for the client that is called."""
        if self._is_global:
            return True
        if not name.startswith(tuple(_CLIENTS)):
            return False
        assert isinstance(site.node, Call)
        made = self._maker(_client(site.node.func), function)
        found = [made] if made is not None else [call for home, call in self._made if home is function.module]
        found = found or [call for _, call in self._made]
        # A client that comes from nowhere in the project may be any.
        return not found or any(_gives_limit(call) for call in found)

    def _is_client(self, call: Call, scope: Scope) -> bool:
        last = call.func.attr if isinstance(call.func, Attr) else getattr(call.func, "id", "")
        return (
            last.endswith(("OpenAI", "Client"))
            and self._project.types.type_of(call.func, scope).name in _CLIENTS
        )

    def _maker(self, expr: Expr | None, function: FunctionInfo) -> Call | None:
        """The call that makes the client an expression means, where that is plain."""
        values: list[Expr | None] = []
        if isinstance(expr, Call):
            values = [expr]
        elif isinstance(expr, Name):
            bound = function.bindings.get(expr.id)
            if bound is None:
                known = self._project.index.member(function.module, expr.id)
                bound = [known] if known is not None else []
            values = [b.value for b in bound if b.how in {"value", "enter"}]
        elif isinstance(expr, Attr) and function.owner is not None:
            values = [
                statement.value
                for cls in self._project.types.mro(function.owner.qualname)
                for method in cls.methods.values()
                for statement in self_assignments(method).get(expr.attr, ())
            ]
        calls = [v for v in values if isinstance(v, Call) and any(v is call for _, call in self._made)]
        return calls[0] if len(calls) == 1 and len(values) == 1 else None


def _client(expr: Expr) -> Expr:
    """The expression before `.chat.completions.create` and the like."""
    while isinstance(expr, Attr) and expr.attr in _PARTS:
        expr = expr.value
    return expr


def _gives_limit(call: Call) -> bool:
    return any(k.name is None or k.name in _OF_CLIENT for k in call.keywords)


def _finding(function: FunctionInfo, site: Site, reach: Reach, name: str) -> Finding:
    library = name.partition(".")[0]
    confidence: Confidence = "likely"
    severity: Severity = "high" if site.loops else "medium"
    confidence, severity, why = weigh(reach, (Step(function, site),), confidence, severity)
    short = ".".join(name.split(".")[-2:]) if library == "litellm" else name.removeprefix("openai.")
    length = "max_output_tokens" if "responses" in name else "max_completion_tokens"
    return make(
        problem="llm-no-bounds",
        domain="llm",
        severity=severity,
        confidence=confidence,
        message=(
            f"`{short}` in `{function.name}` has neither a `timeout` nor a limit of tokens: a request may wait for it "
            f"{_WAITS[library]}, and pays for as many tokens as the model writes"
        ),
        module=function.module,
        owner=function.qualname,
        node=site.node,
        identity=(function.module.name, library),
        routes=route_names(reach),
        call_path=path_of(reach, (Step(function, site),)),
        evidence=(
            SourceEvidence(
                text=f"no `timeout` and no `{length}` on the call, no `timeout` on the client, none around it"
                + (f"; {why}" if why else ""),
                locations=(function.at(site.node),),
            ),
        ),
        fix_class="decide",
    )
