"""Takes one of two alike middleware away; of two for CORS the inner one, when the outer allows what both did."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import Finding, Meant, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.python import Source
from pitstop.patching.statements import remove
from pitstop.problems.behind import lightest
from pitstop.problems.editing import open_source, twin_of, without_dead_import
from pitstop.problems.layout import settle
from pitstop.problems.middleware.duplicate_middleware.rule import Double, is_cors, matches
from pitstop.verdicts import Metric

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.middleware import Middleware

AIMS: tuple[Metric, ...] = ("cpu", "duration", "throughput")


def propose(finding: Finding, project: Project) -> Patch:
    """One of two that do the same and stand beside each other. Raises PatchError."""
    double = _found(finding, project)
    if not double.same:
        raise PatchError(
            "the two have other arguments: what the one that stays should allow is for you to say"
        )
    stack = project.middleware.of(double.outer.app)
    if stack.index(double.outer) - stack.index(double.inner) != 1:
        raise PatchError(
            "another middleware stands between them: on which side of it the one should stay is for you to say"
        )
    try:
        return _without(finding, project, double.outer, [])
    except PatchError:
        return _without(finding, project, double.inner, [])


def keep_outer(finding: Finding, project: Project) -> Patch:
    """The app without the inner one; of two for CORS the outer one allows what both did. Raises PatchError."""
    double = _found(finding, project)
    source = open_source(project, double.outer.module.path)
    return _without(finding, project, double.inner, [] if double.same else [_allowed(source, double)])


def keep_inner(finding: Finding, project: Project) -> Patch:
    """The app without the outer one of two that do the same. Raises PatchError."""
    double = _found(finding, project)
    if not double.same:
        raise PatchError("the outer one answers preflights, and allows others than the inner one")
    return _without(finding, project, double.outer, [])


def _found(finding: Finding, project: Project) -> Double:
    double = next((each for found, each in matches(project) if found.id == finding.id), None)
    if double is None:
        raise PatchError("the two are not there any more")
    if not double.sure:
        raise PatchError("one of them is in a module of its own, which not every start may import")
    return double


def _without(finding: Finding, project: Project, gone: Middleware, edits: list[Edit]) -> Patch:
    """The app without one of the two, with what else has to change in its file."""
    source = open_source(project, gone.module.path)
    if any(edit.path != source.path for edit in edits):
        raise PatchError("the two are added in several files")
    call = twin_of(source, ast.Call, gone.node)
    statement = source.statement(call)
    if not isinstance(statement, ast.Expr) or statement.value is not call:
        raise PatchError("it is not added by a statement of its own")
    names = {node.id for node in ast.walk(call) if isinstance(node, ast.Name)}
    meant = Meant(requests=("OPTIONS",)) if edits else Meant()
    return make_patch(
        finding,
        f"Add {gone.last_name} once",
        (without_dead_import(settle(source, [*edits, *remove(source, statement)]), *sorted(names)),),
        AIMS if gone.is_base else (),
        routes=lightest(project, {gone.app}),
        meant=meant,
        risk="What it counts, logs or sends is counted, logged or sent once for a request."
        + (" Preflights of origins that only the inner one knew are allowed now." if edits else ""),
        validate="Look at `app.user_middleware`: each class is there once, and answers have the headers that they had.",
        rollback="pitstop undo",
    )


def _allowed(source: Source, double: Double) -> Edit:
    """The origins of the inner one put behind those of the outer one. Raises PatchError where they differ by more."""
    if not is_cors(double.outer) or double.inner.module is not double.outer.module:
        raise PatchError("the two are added in several files, or differ by more than the origins they allow")
    inner, outer = (twin_of(source, ast.Call, each.node) for each in (double.inner, double.outer))
    mine, other = ({k.arg: k.value for k in call.keywords} for call in (outer, inner))
    for name in {*mine, *other} - {"allow_origins"}:
        if name not in mine or name not in other or ast.dump(mine[name]) != ast.dump(other[name]):
            raise PatchError(f"the two also differ in `{name}`")
    allowed, more = mine.get("allow_origins"), other.get("allow_origins")
    if not isinstance(allowed, ast.List) or not isinstance(more, ast.List) or not allowed.elts:
        raise PatchError("the origins are not written out")
    texts = {ast.dump(each) for each in allowed.elts}
    if any(not isinstance(each, ast.Constant) or each.value == "*" for each in (*allowed.elts, *more.elts)):
        raise PatchError("the origins are not written out, or one of the two allows all")
    added = [source.segment(each) for each in more.elts if ast.dump(each) not in texts]
    end = source.end(allowed.elts[-1])
    return source.edit(end, end, "".join(f", {each}" for each in added))
