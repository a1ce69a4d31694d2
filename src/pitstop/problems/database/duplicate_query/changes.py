"""Whether rows may change between two reads of a request."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pitstop.project.facts import Attr, Call
from pitstop.project.model import FunctionInfo
from pitstop.project.sites import Site

if TYPE_CHECKING:
    from pitstop.problems.database.duplicate_query.lookups import Lookup
    from pitstop.project import Project

_CHANGES = {
    "add",
    "add_all",
    "begin_nested",
    "bulk_insert_mappings",
    "bulk_save_objects",
    "bulk_update_mappings",
    "commit",
    "delete",
    "expire",
    "expire_all",
    "expunge",
    "expunge_all",
    "flush",
    "merge",
    "refresh",
    "rollback",
}
"""Methods of a session after which a row may be another, or be known no more."""
_LOCKS = re.compile(r"\btext\(.*(_lock|\bfor update|\block)\b", re.IGNORECASE | re.DOTALL)
_WAITS = {"acquire", "with_for_update", "sleep", "wait", "wait_for", "create_task", "gather"}
_COLLECTIONS = {"set", "dict", "list"}


class Between:
    """What happens on the way from one read to another."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._below: dict[str, bool] = {}

    def same_function(self, first: Lookup, second: Lookup) -> bool:
        """Whether rows may change between two reads told of one function."""
        function = first.steps[0].function
        start, end = _done(first.site), _done(second.site)
        return (
            self._any(function, (s for s in function.calls if start < _done(s) < end))
            or self.after(first)
            or self.before(second)
        )

    def after(self, lookup: Lookup, *, whole: bool = False) -> bool:
        """Whether the functions on the way to a read, with `whole` the first too, may change rows after it."""
        return any(
            self._any(s.function, (c for c in s.function.calls if _done(c) > _done(s.site)))
            for s in lookup.steps[0 if whole else 1 :]
        )

    def before(self, lookup: Lookup, *, whole: bool = False) -> bool:
        """Whether the functions on the way to a read, with `whole` the first one too, may change rows before it."""
        return any(
            self._any(s.function, (c for c in s.function.calls if _done(c) < _done(s.site)))
            for s in lookup.steps[0 if whole else 1 :]
        )

    def anywhere(self, function: FunctionInfo) -> bool:
        """Whether a function or one that it calls may change rows."""
        known = self._below.get(function.qualname)
        if known is None:
            self._below[function.qualname] = False
            known = self._below[function.qualname] = self._any(function, function.calls)
        return known

    def _any(self, function: FunctionInfo, sites: Iterable[Site]) -> bool:
        chosen = list(sites)
        if any(self._changes(function, site) for site in chosen):
            return True
        here = {id(site) for site in chosen}
        return any(
            self.anywhere(edge.target)
            for edge in self._project.calls.edges(function)
            if id(edge.site) in here and edge.kind != "defer"
        )

    def _changes(self, function: FunctionInfo, site: Site) -> bool:
        call = site.node
        if not isinstance(call, Call):
            return False
        last = call.func.attr if isinstance(call.func, Attr) else getattr(call.func, "id", "")
        if last in _WAITS or (last == "execute" and takes_a_lock(function.module.text(call))):
            return True
        if isinstance(call.func, Attr) and last in _CHANGES:
            return self._project.types.type_of(call.func.value, function).name not in _COLLECTIONS
        return any(write.site is site for write in self._project.writes.direct(function))


def takes_a_lock(sent: str) -> bool:
    """Whether a statement in words is sent for a lock: whoever had it may have changed the rows."""
    return bool(_LOCKS.search(sent))


def _done(site: Site) -> tuple[int, int]:
    """When a call is made, in the order of the text: after all that it is handed."""
    return site.node.span[2:]
