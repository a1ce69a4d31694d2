"""Asks Redis once for what a loop reads key by key, and walks over keys in portions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pitstop.data import FileChange, Finding, Patch
from pitstop.errors import PatchError
from pitstop.patching.edits import make_patch
from pitstop.patching.python import Source
from pitstop.patching.rewrite import replace_expression
from pitstop.problems.caching.redis_keys_command.batches import LISTS, batched
from pitstop.problems.editing import node_at, open_source
from pitstop.problems.layout import settle
from pitstop.project.facts import Attr, Call, Comp, For, Name, Seq

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site

_PORTION = 1000
"""Keys that one `SCAN` looks at: a hundred times as many as by default, so that few keys still are one round trip."""
_REPEATABLE = {"delete", "expire", "unlink"}
_AGAIN = {"dict", "frozenset", "list", "set", "tuple"}
"""What can be gone through twice."""
_TAKES_ANY = {"len", "list", "max", "min", "set", "sorted"}


def propose(finding: Finding, project: Project) -> Patch:
    """`SCAN` for `KEYS`, one `MGET` or pipeline for the reads of a loop. Raises PatchError."""
    if finding.places:
        raise PatchError("the same command stands in several places of the function")
    function, site = _site(finding, project)
    source = open_source(project, finding.location.path)
    call = node_at(source, ast.Call, finding.location)
    assert isinstance(call.func, ast.Attribute)
    name = function.name
    if call.func.attr == "scan_iter":
        raise PatchError(
            "`SCAN` is the best that can be done without knowing the keys",
            "Keep their names in a set or sorted set, beside the keys.",
        )
    if call.func.attr == "keys":
        return make_patch(
            finding,
            f"Look for keys in portions in {name}",
            (_scanned(source, call, call.func),),
            (),
            risk="Keys come in another order, and of those that come or go meanwhile some are missed. Many keys take several round trips.",
            validate="`SLOWLOG GET` no longer lists `KEYS`; answers are the same but for the order of keys.",
            rollback="pitstop undo",
        )
    return make_patch(
        finding,
        f"Read all keys at once in {name}",
        (batched(source, call, call.func, is_kept=_is_kept(project, function, site)),),
        ("duration", "cpu"),
        risk="All values are in memory at once, and are read before the first of them is used. `MGET` gives None for a key that holds no string, where `GET` fails.",
        validate="`INFO commandstats` counts one command, or one pipeline, where it counted one for each key.",
        rollback="pitstop undo",
    )


def _site(finding: Finding, project: Project) -> tuple[FunctionInfo, Site]:
    """The function and the call of a finding. Raises PatchError on a cluster."""
    function = project.index.functions.get(finding.location.symbol)
    for site in function.calls if function is not None else ():
        if function is None or function.at(site.node) != finding.location:
            continue
        func = site.node.func if isinstance(site.node, Call) else None
        owner = project.types.type_of(func.value, function).name if isinstance(func, Attr) else ""
        if "Cluster" in owner:
            raise PatchError("on a cluster the keys of one command have to share a slot")
        return function, site
    raise PatchError("the command is not there any more")


def _is_kept(project: Project, function: FunctionInfo, site: Site) -> bool:
    """Whether what the loop goes over can be gone through twice."""
    loop = site.loops[-1] if site.loops else None
    if isinstance(loop, For):
        iterable = loop.iter
    elif isinstance(loop, Comp):
        iterable = loop.generators[0].iter
    else:
        return False
    bound = function.bindings.get(iterable.id, []) if isinstance(iterable, Name) else []
    if len(bound) != 1:
        return False
    made = bound[0].value
    if bound[0].how == "parameter":
        return project.types.type_of(iterable, function).name in _AGAIN
    # What `filter`, `map` and generators give is gone after one walk.
    named = isinstance(made, Call) and isinstance(made.func, Attr) and made.func.attr in LISTS
    return named or isinstance(made, Seq) or (isinstance(made, Comp) and made.kind in _AGAIN)


def _scanned(source: Source, call: ast.Call, func: ast.Attribute) -> FileChange:
    given = [*call.args, *(k.value for k in call.keywords if k.arg == "pattern")]
    if len(given) != len(call.args) + len(call.keywords) or len(given) > 1:
        raise PatchError("`keys` is given more than a pattern")
    pattern = [source.segment(each) for each in given]
    scan = f"{source.segment(func.value)}.scan_iter({', '.join([*pattern, f'count={_PORTION}'])})"
    parent = next(source.parents(call))
    waited = parent if isinstance(parent, ast.Await) else None
    node: ast.expr = waited or call
    parent = next(source.parents(node))
    if isinstance(parent, ast.For) and parent.iter is node and _only_repeats(source, parent, func):
        edits = replace_expression(source, node, scan)
        if waited is not None:
            if not source.begins_line(parent):
                raise PatchError("the loop shares its line with other statements")
            at = source.start(parent)
            edits.append(source.edit(at, at, "async "))
        return settle(source, edits)
    found = "key" if "key" not in {n.id for n in ast.walk(call) if isinstance(n, ast.Name)} else "found"
    # A key may come twice from SCAN, never from KEYS.
    text = f"{{{found} async for {found} in {scan}}}" if waited is not None else f"set({scan})"
    if not _takes_any(parent, node):
        text = f"list({text})"
    return settle(source, replace_expression(source, node, text))


def _takes_any(parent: ast.AST, node: ast.expr) -> bool:
    """Whether a set does where a list stood."""
    if isinstance(parent, ast.Call):
        named = isinstance(parent.func, ast.Name) and parent.func.id in _TAKES_ANY
        return named and parent.args == [node]
    return isinstance(parent, ast.For | ast.comprehension | ast.Starred) or (
        isinstance(parent, ast.Compare)
        and node in parent.comparators
        and isinstance(parent.ops[0], ast.In | ast.NotIn)
    )


def _only_repeats(source: Source, loop: ast.For, func: ast.Attribute) -> bool:
    """Whether a loop does nothing but what can be done twice to a key, and while the walk goes on."""
    client = source.segment(func.value)
    for statement in loop.body:
        value = statement.value if isinstance(statement, ast.Expr) else None
        call = value.value if isinstance(value, ast.Await) else value
        if (
            not isinstance(call, ast.Call)
            or not isinstance(call.func, ast.Attribute)
            or call.func.attr not in _REPEATABLE
            or source.segment(call.func.value) != client
        ):
            return False
    return not loop.orelse
