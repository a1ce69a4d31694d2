"""`session.refresh(row)` of a row that nobody can look at afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitstop.data import Finding, Impact, SourceEvidence
from pitstop.problems.findings import make, merge_places, path_of, route_names
from pitstop.project.calls import Step
from pitstop.project.doubt import weigh
from pitstop.project.facts import Attr, Call, Name

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site

_IMPACT = Impact(text="one statement less")
_KEEPS_NOTHING = {"add", "delete", "expunge", "flush", "merge", "refresh"}
"""Methods of a session that are handed the row without giving it to anybody else."""


def find(project: Project) -> list[Finding]:
    """One finding for each refresh that nothing follows."""
    return merge_places(_find(project))


def _find(project: Project) -> Iterator[Finding]:
    for function in project.functions:
        for site in function.calls:
            call = site.node
            if not isinstance(call, Call) or not isinstance(call.func, Attr) or call.func.attr != "refresh":
                continue
            row = call.args[0] if len(call.args) == 1 and not call.keywords else None
            if (
                not isinstance(row, Name)
                or site.loops
                or site.in_lambda
                or function.nested
                or function.yields
            ):
                continue
            reach = project.calls.reach(function, site)
            if reach is None or not project.queries.session_kind(call.func.value, function):
                continue
            if not _is_own(project, function, row.id) or _is_seen_after(function, row.id, site):
                continue
            steps = (Step(function, site),)
            confidence, severity, why = weigh(reach, steps, "likely", "low")
            yield make(
                problem="needless-refresh",
                domain="database",
                severity=severity,
                confidence=confidence,
                message=f"`{function.name}` reads `{row.id}` from the database again, and nothing looks at it afterwards",
                module=function.module,
                owner=function.qualname,
                node=call,
                routes=route_names(reach),
                call_path=path_of(reach, steps),
                evidence=(
                    SourceEvidence(
                        text=f"`{row.id}` is made here, handed to nobody, and not mentioned after this line"
                        + (f"; but {why}" if why else ""),
                        locations=(function.at(call),),
                    ),
                ),
                impact=_IMPACT,
                fix_class="proved",
            )


def _is_own(project: Project, function: FunctionInfo, name: str) -> bool:
    """Whether a local name is bound once, to a new object of a model that nobody else is given."""
    bound = function.bindings.get(name, ())
    if len(bound) != 1 or bound[0].how != "value" or not isinstance(bound[0].value, Call):
        return False
    made = project.types.type_of(bound[0].value.func, function)
    if made.kind != "class" or made.name not in project.models.all:
        return False
    harmless = 0
    for site in function.calls:
        call = site.node
        assert isinstance(call, Call)
        func = call.func
        if (
            isinstance(func, Attr)
            and func.attr in _KEEPS_NOTHING
            and project.queries.session_kind(func.value, function)
        ):
            harmless += sum(isinstance(a, Name) and a.id == name for a in call.args)
    # Attributes may be set and read; the object itself goes nowhere but to the session.
    attributes = sum(
        isinstance(site.node, Attr) and isinstance(site.node.value, Name) and site.node.value.id == name
        for site in function.sites
    )
    mentioned = sum(isinstance(site.node, Name) and site.node.id == name for site in function.sites)
    return mentioned == harmless + attributes + 1


def _is_seen_after(function: FunctionInfo, name: str, refresh: Site) -> bool:
    end = max(argument.at for argument in refresh.node.args) if isinstance(refresh.node, Call) else 0
    return any(isinstance(s.node, Name) and s.node.id == name and s.node.at > end for s in function.sites)
