"""Which functions of the unchanged app no request ran: a patch of these alone need not be tried to know that nothing would exercise it."""

from __future__ import annotations

import ast
from collections.abc import Mapping

import msgspec

from pitstop.data import Patch
from pitstop.proof.coverage import HEAD_OF, entries, is_served, places
from pitstop.traces.records import Run

_Function = tuple[str, str]
"""The path of a file, and the name of a function in it with those around it."""


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """The functions of some files, each with the lines of what it runs first."""

    functions: Mapping[_Function, frozenset[int]] = {}

    @property
    def lines(self) -> dict[str, list[int]]:
        """The lines whose execution the probe is to note, by path."""
        found: dict[str, set[int]] = {}
        for (path, _), first in self.functions.items():
            found.setdefault(path, set()).update(first)
        return {path: sorted(lines) for path, lines in found.items()}


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """What the requests of a run came to: of the functions that were watched those that ran and those that did not."""

    ran: frozenset[_Function] = frozenset()
    idle: frozenset[_Function] = frozenset()
    served: frozenset[str] = frozenset()
    """The routes that answered a request with success."""

    def misses(self, patch: Patch) -> tuple[str, ...]:
        """The changed functions of a patch that is exercised by none of these requests; nothing where it may be.

        What the patch adds is run only from what was there before. What it declares may send requests elsewhere.
        """
        found = list(places(patch))
        if patch.meant.requests or not all(place.owner for place in found):
            return ()
        if self.served.intersection(patch.routes) and any(place.declared for place in found):
            return ()
        owners = {(place.path, place.owner.removeprefix(HEAD_OF)) for place in found}
        if owners & self.ran:
            return ()
        return tuple(f"{name} in {path}" for path, name in sorted(owners & self.idle))


def watch(files: Mapping[str, str]) -> Watch:
    """The functions of files, given their texts by path. A file that cannot be parsed has none."""
    functions: dict[_Function, frozenset[int]] = {}
    for path, text in files.items():
        try:
            tree = ast.parse(text.removeprefix("\ufeff"))
        except (SyntaxError, ValueError):
            continue
        for entry in entries(tree.body):
            # one that begins with nothing that can be noted may have run, and is not spoken of
            if entry.first:
                key = path, entry.function
                functions[key] = functions.get(key, frozenset()) | {entry.first[0]}
    return Watch(functions=functions)


def reach(watched: Watch, run: Run) -> Reach:
    """What the requests of a run came to that noted the lines of a watch."""
    lines = {line for exchange in run.exchanges for line in exchange.lines}
    ran = {key for key, first in watched.functions.items() if any((key[0], line) in lines for line in first)}
    return Reach(
        ran=frozenset(ran),
        idle=frozenset(watched.functions.keys() - ran),
        served=frozenset(exchange.endpoint for exchange in run.exchanges if is_served(exchange)),
    )
