"""Whether a function may change rows: what is known to write, and by its name what is not known."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pitstop.project.calls import Calls
from pitstop.project.facts import Assign, Attr, Call, Expr, dotted
from pitstop.project.inference import Inference
from pitstop.project.model import FunctionInfo

_DEPTH = 4
_VERBS = (
    "add|attach|bulk|clear|copy|create|delete|detach|drop|ensure|flush|import|increment|insert|link|mark|merge|migrate|move|purge|put"
    "|record|register|remove|rename|replace|reset|save|set|setattr|store|submit|sync|touch|truncate|update|upsert|write"
)
_CHANGES = re.compile(rf"(?:^|_)(?:{_VERBS})(?:_|$)")
_PLAIN = ("list", "set", "dict", "str", "tuple", "collections.")
"""Types whose `add`, `update` and the like change no row."""


class Changes:
    """Functions by whether they may change rows of the database."""

    def __init__(
        self, inference: Inference, calls: Calls, direct: Callable[[FunctionInfo], Sequence[object]]
    ) -> None:
        self._inference = inference
        self._calls = calls
        self._direct = direct
        self._known: dict[tuple[str, str], bool] = {}

    def may_change(self, function: FunctionInfo, without: FunctionInfo) -> bool:
        """Whether a function may change rows, itself or through what it calls, `without` left out of account."""
        key = (function.qualname, without.qualname)
        if key not in self._known:
            self._known[key] = self._may_change(function, {without.qualname}, 0)
        return self._known[key]

    def _may_change(self, function: FunctionInfo, seen: set[str], depth: int) -> bool:
        if function.qualname in seen:
            return False
        seen.add(function.qualname)
        if depth > _DEPTH or self._direct(function):
            return True
        # A row is changed by setting an attribute of it.
        for statement in function.statements:
            if isinstance(statement, Assign) and any(_is_of_another(t) for t in statement.targets):
                return True
        for site in function.calls:
            assert isinstance(site.node, Call)
            targets = self._calls.targets(site.node, function)
            if any(self._may_change(target, seen, depth + 1) for target in targets):
                return True
            if not targets and self._is_named_for_it(function, site.node):
                return True
        return False

    def _is_named_for_it(self, function: FunctionInfo, call: Call) -> bool:
        if not isinstance(call.func, Attr) or not _CHANGES.search(call.func.attr.lower()):
            return False
        return not self._inference.type_of(call.func.value, function).name.startswith(_PLAIN)


def _is_of_another(target: Expr) -> bool:
    return isinstance(target, Attr) and dotted(target.value) not in {"self", "cls"}
