"""Takes the loader option, or the `lazy=` of the relationship, away: what nobody reads is not loaded, what few read by their queries."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import Edit, make_patch
from pitstop.patching.python import Source
from pitstop.patching.rewrite import remove_argument
from pitstop.problems.chains import name_of, without_call
from pitstop.problems.database.over_eager_loading.apart import load_with, queries_that_need
from pitstop.problems.database.over_eager_loading.rule import Match, matches, shared_queries
from pitstop.problems.database.over_eager_loading.sparing import spare
from pitstop.problems.editing import open_source, twin_of, without_dead_import
from pitstop.problems.layout import settle

if TYPE_CHECKING:
    from pitstop.project import Project

_RISK = (
    "Code that reads the relationship in a way that reading did not see gets it by one more statement; under an asynchronous session it gets an error "
    "(`MissingGreenlet`)."
)
_LOADERS = ("immediateload", "joinedload", "selectinload", "subqueryload")


def propose(finding: Finding, project: Project) -> Patch:
    """The query, or the model, that does not load the relationship along. Raises PatchError."""
    for its, shared in shared_queries(project):
        if its.id == finding.id:
            return spare(finding, project, shared)
    found = [match for match in matches(project) if match.finding.id == finding.id]
    _refuse(found)
    relation = found[0].relation
    if found[0].readers == "some routes" and found[0].by_model:
        return _for_who_reads(finding, project, found[0])
    by_path: dict[str, dict[int, Match]] = {}
    for match in found:
        by_path.setdefault(match.module.path, {})[match.node.at] = match
    return make_patch(
        finding,
        f"Do not load {relation.qualname} along",
        [_change(project, path, list(own.values())) for path, own in by_path.items()],
        ("statements", "rows", "duration", "cpu"),
        risk=_RISK,
        validate='Run the tests with `lazy="raise"` on the relationship: nothing reads it. Statements per request fall.',
        rollback="pitstop undo",
    )


def _for_who_reads(finding: Finding, project: Project, match: Match) -> Patch:
    """The model without its `lazy=`, and a loader on each query whose rows are read for it."""
    needed = queries_that_need(project, match)
    paths = list(dict.fromkeys((match.module.path, *needed)))
    changes = []
    for path in paths:
        source = open_source(project, path)
        edits = _lazily(source, twin_of(source, ast.stmt, match.node)) if path == match.module.path else []
        for at, loader in needed.get(path, ()):
            edits += load_with(source, at, loader, match.relation)
        changes.append(settle(source, edits))
    return make_patch(
        finding,
        f"Load {match.relation.qualname} only where it is read",
        changes,
        ("statements", "rows", "duration", "cpu"),
        risk=_RISK,
        validate='Run the tests with `lazy="raise"` on the relationship: what reads it has it loaded. Statements per request fall.',
        rollback="pitstop undo",
    )


def _refuse(found: list[Match]) -> None:
    """Raise where somebody reads it, who would then load it row by row, or fail."""
    for match in found:
        if match.readers == "some routes" and not match.by_model:
            raise PatchError(
                "some of the routes read it: load it with their queries, and take it from where all load it"
            )
        if match.readers == "other code" and match.by_model:
            raise PatchError(
                "other code than these routes reads it, which counts on the model to have it loaded"
            )
        if match.readers == "other code" and not match.only_routes:
            raise PatchError("not only routes run this query, and other code reads the relationship")


def _change(project: Project, path: str, found: list[Match]) -> FileChange:
    source = open_source(project, path)
    edits: list[Edit] = []
    for match in found:
        if match.by_model:
            edits += _lazily(source, twin_of(source, ast.stmt, match.node))
        else:
            edits += _without(source, twin_of(source, ast.expr, match.node))
    return without_dead_import(settle(source, edits), *_LOADERS)


# --- queries ---------------------------------------------------------------------------------------------------------


def _without(source: Source, relation: ast.expr) -> list[Edit]:
    """The options without a loader, or the loader without its last step."""
    loader = next(source.parents(relation))
    if not isinstance(loader, ast.Call) or loader.args != [relation] or loader.keywords:
        raise PatchError(
            f"{source.path}:{relation.lineno}: the loader option is for more than one relationship"
        )
    if isinstance(loader.func, ast.Attribute) and isinstance(loader.func.value, ast.Call):
        # The last step of a path: what it started from is read, and stays.
        return [without_call(source, loader)]
    options = next(source.parents(loader))
    if not isinstance(options, ast.Call) or name_of(options) != "options" or loader not in options.args:
        raise PatchError(
            f"{source.path}:{loader.lineno}: the loader option is kept under a name, or in a list"
        )
    if options.args != [loader]:
        return remove_argument(source, options, loader)
    assert isinstance(options.func, ast.Attribute)
    value = options.func.value
    parent = next(source.parents(options))
    targets = parent.targets if isinstance(parent, ast.Assign) else []
    if [source.segment(target) for target in targets] == [source.segment(value)]:
        raise PatchError(
            f"{source.path}:{loader.lineno}: the line does nothing else, and what is around it has to go with it"
        )
    return [without_call(source, options)]


# --- models ----------------------------------------------------------------------------------------------------------


def _lazily(source: Source, declared: ast.stmt) -> list[Edit]:
    """`relationship(...)` without its `lazy=`."""
    calls = [node for node in ast.walk(declared) if isinstance(node, ast.Call)]
    for call in calls:
        for keyword in call.keywords:
            if keyword.arg == "lazy":
                return remove_argument(source, call, keyword)
    raise PatchError(
        f"{source.path}:{declared.lineno}: where the relationship is told to be loaded along is not in its declaration"
    )
