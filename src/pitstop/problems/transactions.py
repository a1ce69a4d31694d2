"""What runs between a statement and its commit: calls that leave a transaction alone, and those that may not.

Fixes that move a commit or a write, or let a transaction go earlier, have to know all that happens on the way. What is not known
is a reason to leave the code to a person.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pitstop.project.facts import Attr, Call, Name, dotted

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.facts import For
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site

_DEPTH = 4
_READS = frozenset({"execute", "exec", "get", "get_one", "query", "refresh", "scalar", "scalars"})
_WRITES = frozenset({"add", "add_all", "delete", "merge"})
_OF_SESSIONS = _READS | _WRITES | {"flush"}
_LEVELS = frozenset({"debug", "info", "warning", "warn", "error", "critical", "log"})
# Functions and classes of other packages that only compute, by the beginning of their names.
_COMPUTE = re.compile(
    r"(sqlalchemy|sqlmodel|pydantic|datetime|uuid|json|re|math|decimal|copy|collections|itertools|functools|operator|enum|string"
    r"|secrets|random|hashlib|base64|dataclasses|zoneinfo|fastapi\.HTTPException|fastapi\.encoders|time\.time|time\.monotonic)(\.|\(|$)"
)
# Methods of strings, containers, dates, queries and their results, and of data classes of Pydantic.
_PLAIN = frozenset(
    {
        *(
            "all",
            "any",
            "append",
            "astimezone",
            "capitalize",
            "columns",
            "copy",
            "count",
            "decode",
            "dict",
            "distinct",
        ),
        *(
            "encode",
            "endswith",
            "extend",
            "filter",
            "filter_by",
            "find",
            "first",
            "format",
            "from_orm",
            "fromisoformat",
        ),
        *(
            "group_by",
            "having",
            "hex",
            "in_",
            "index",
            "intersection",
            "is_",
            "is_not",
            "isoformat",
            "items",
            "join",
        ),
        *(
            "json",
            "keys",
            "label",
            "like",
            "limit",
            "lower",
            "lstrip",
            "mappings",
            "model_copy",
            "model_dump",
        ),
        *(
            "model_dump_json",
            "model_validate",
            "now",
            "offset",
            "on_conflict_do_nothing",
            "on_conflict_do_update",
            "one",
        ),
        *(
            "one_or_none",
            "options",
            "order_by",
            "outerjoin",
            "parse_obj",
            "partition",
            "pop",
            "replace",
            "returning",
        ),
        *(
            "rpartition",
            "rsplit",
            "rstrip",
            "scalar_one",
            "scalar_one_or_none",
            "scalar_subquery",
            "select_from",
            "set_",
        ),
        *(
            "setdefault",
            "sort",
            "split",
            "splitlines",
            "startswith",
            "strftime",
            "strip",
            "timestamp",
            "title",
            "today",
        ),
        *(
            "total_seconds",
            "union",
            "unique",
            "update",
            "upper",
            "utcnow",
            "values",
            "where",
            "with_for_update",
        ),
    }
)
_PLAIN_BUILTINS = frozenset(vars(builtins)) - {"__import__", "eval", "exec", "input", "open"}


def reads(project: Project, function: FunctionInfo, call: Call) -> bool:
    """Whether a call on a session asks the database for rows, and so has to see what was changed before it."""
    return _method(project, function, call) in _READS


def changes(project: Project, function: FunctionInfo, call: Call) -> bool:
    """Whether a call on a session leaves something to be committed; of `execute` that is not looked into."""
    return _method(project, function, call) in _WRITES | {"execute", "exec"}


def is_log(call: Call) -> bool:
    """Whether a call only writes a line to a log."""
    if not isinstance(call.func, Attr):
        return dotted(call.func) == "print"
    return call.func.attr in _LEVELS | {"exception"} and "log" in dotted(call.func.value).lower()


def stranger(project: Project, function: FunctionInfo, sites: Iterable[Site]) -> str:
    """The first call of some, or of what they lead to, of which nobody can say that it leaves the transaction alone.

    Commits, rollbacks and further sessions are such, and so is whatever leads out of the process. Empty if there is none.
    """
    seen: set[str] = set()
    return next((name for site in sites if (name := _strange(project, function, site, seen, 0))), "")


def calls_in(function: FunctionInfo, loop: For) -> list[Site]:
    """The calls that each turn of a loop makes."""
    return [site for site in function.calls if loop in site.loops]


def says_anywhere(project: Project, pattern: str) -> bool:
    """Whether a pattern stands in any file of the project."""
    wanted = re.compile(pattern)
    return any(wanted.search(module.source.text) for module in project.index.by_path.values())


def keeps_loaded(project: Project) -> bool:
    """Whether a session of the project keeps what it has loaded when it commits; else a commit makes all be loaded again."""
    return says_anywhere(project, r"expire_on_commit['\"]?\s*[=:]\s*False")


def _method(project: Project, function: FunctionInfo, call: Call) -> str:
    """The method of a session that is called; empty if it is none."""
    func = call.func
    return func.attr if isinstance(func, Attr) and project.queries.session_kind(func.value, function) else ""


def _strange(project: Project, function: FunctionInfo, site: Site, seen: set[str], depth: int) -> str:
    call = site.node
    assert isinstance(call, Call)
    written = " ".join(function.module.text(call.func).split())
    method = _method(project, function, call)
    if method or is_log(call):
        return "" if method in _OF_SESSIONS or is_log(call) else written
    targets = project.calls.targets(call, function)
    if targets:
        for target in targets:
            if target.qualname in seen:
                continue
            seen.add(target.qualname)
            if depth == _DEPTH or not _is_plain(target):
                return written
            inner = [each for each in target.calls if not each.in_lambda]
            if target.yields or any(_strange(project, target, each, seen, depth + 1) for each in inner):
                return written
        return ""
    return written if site.awaited or not _computes(project, function, call) else ""


def _is_plain(function: FunctionInfo) -> bool:
    """Whether the decorators of a function leave what it does as it is written."""
    plain = {"staticmethod", "classmethod", "property", "override", "typing.override"}
    return all(dotted(each) in plain for each in function.node.decorators)


def _computes(project: Project, function: FunctionInfo, call: Call) -> bool:
    """Whether a call that leads to none of the project's functions only works on values."""
    func = call.func
    found = project.types.type_of(func, function)
    if found.kind == "class":
        return True
    if found.name and _COMPUTE.match(found.name):
        return True
    if isinstance(func, Name):
        bound = func.id in function.bindings or func.id in function.module.bindings
        return not bound and func.id in _PLAIN_BUILTINS
    is_other = found.kind == "external" and found.name.partition(".")[0] not in _PLAIN_BUILTINS
    return isinstance(func, Attr) and func.attr in _PLAIN and not is_other
