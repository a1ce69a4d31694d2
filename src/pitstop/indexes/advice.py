"""Advice on the indexes of a database: candidates from the statements a service sends, built on a clone and measured."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from pitstop.errors import TargetError
from pitstop.indexes.asked import Asked
from pitstop.indexes.candidates import Candidate, Popularity, Proposal, propose
from pitstop.indexes.catalogue import Catalogue
from pitstop.indexes.choosing import Choice
from pitstop.indexes.clones import clones
from pitstop.indexes.engines import Deadline, Engine, Refused, TooLate
from pitstop.indexes.parsing import DIALECTS, Parsed, UnreadableError
from pitstop.indexes.predicates import Lookup, is_within_text, lookups
from pitstop.indexes.standing import duplicates, unused
from pitstop.indexes.trial import Bench, Statement, quick, work
from pitstop.target.urls import hidden
from pitstop.traces.fingerprint import fingerprint
from pitstop.trials import Advice, Untried

BUDGET_S = 60.0
_SHARE_OF_A_STATEMENT = 0.2
_IDLE = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:(?:BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|SET|RESET|SHOW|PRAGMA|DISCARD|"
    r"LISTEN|UNLISTEN|NOTIFY|DEALLOCATE|CLOSE|FETCH)\b|(?:INSERT|REPLACE)\b(?!.*\b(?:SELECT|TABLE|WITH)\b))",
    re.IGNORECASE | re.DOTALL,
)
"""Statements that look nothing up, whatever indexes there are."""
_TRIGRAM = "it looks for a text within others, for which only a trigram index would do; that is not tried"


def advise(
    database: str,
    asked: Sequence[Asked],
    *,
    folder: Path,
    on_progress: Callable[[str], None] = lambda _: None,
    budget: float = BUDGET_S,
    allow_remote: bool = False,
) -> Advice:
    """Build and measure indexes for the statements `asked` on clones of `database`, and say which are worth having.

    `database` is the URL of a copy that pitstop made (SQLite or PostgreSQL) and that nobody is connected to; it is left as it
    is. `folder` is where a relative file is seen from, `budget` the seconds that trials may take. Statements run in
    transactions that are rolled back. What was not tried in time, or cannot be, is in `Advice.untried`.

    Raises UnsafeDatabaseError for a database that is no such copy, TargetError where it cannot be cloned.
    """
    deadline = Deadline(budget)
    try:
        with clones(database, folder, deadline, allow_remote=allow_remote) as (without, having):
            return _Advisor(without, having, deadline, on_progress).advise(asked, budget)
    except TooLate:
        return Advice(
            untried=(Untried(subject="", reason="the time was up before anything could be measured"),)
        )
    except Refused as error:
        raise TargetError(f"the clone of {hidden(database)} cannot be read: {error}") from error


class _Advisor:
    def __init__(
        self, without: Engine, having: Engine, deadline: Deadline, on_progress: Callable[[str], None]
    ) -> None:
        self._without = without
        self._having = having
        self._deadline = deadline
        self._say = on_progress
        self._catalogue: Catalogue = without.catalogue()
        self._untried: list[Untried] = []
        self._unread: list[str] = []
        self._used: set[str] = set()

    def advise(self, asked: Sequence[Asked], budget: float) -> Advice:
        parsed = [each for one in self._merged(asked) if (each := self._parsed(one)) is not None]
        readers = Counter(table for each in parsed for table in each.tables)
        found = {id(each): lookups(each, self._catalogue) for each in parsed}
        self._say(f"measuring {len(parsed)} statements as things are")
        statements = [statement for one in parsed if (statement := self._measured(one)) is not None]
        bench = Bench(self._without, self._having, self._catalogue, statements, self._deadline)
        # what is there is judged first: trials may take all of the time
        double = duplicates(self._catalogue, self._without)
        idle = unused(self._catalogue, self._without, self._used, readers, self._unread, double)
        if statements and not any(each.work >= self._without.worth_it for each in statements):
            self._untried.append(Untried(subject="", reason=self._too_small(len(statements))))
        choice = Choice(bench, budget, self._say)
        choice.make(self._proposals(statements, found))
        helped = {trial.statement for advice in choice.suggested for trial in advice.statements}
        for statement in statements:
            is_slow = statement.work >= self._without.worth_it and statement.parsed.shape not in helped
            if is_slow and is_within_text(statement.parsed):
                self._untried.append(Untried(subject=statement.parsed.shape, reason=_TRIGRAM))
        return Advice(
            suggested=choice.suggested,
            rejected=choice.rejected,
            unused=idle,
            duplicates=double,
            untried=(*self._untried, *choice.untried),
        )

    def _too_small(self, number: int) -> str:
        least = f"{self._without.worth_it:,.0f} {self._without.work_unit}"
        which = "the statement takes" if number == 1 else f"none of the {number} statements takes"
        less = "less than " if number == 1 else ""
        return f"{which} {less}{least}, below which no index pays; `--rows N` measures with more data"

    def _merged(self, asked: Sequence[Asked]) -> list[Asked]:
        """One of each shape, the most frequent, with the executions and routes of all."""
        shapes: dict[str, list[Asked]] = {}
        for one in asked:
            shapes.setdefault(fingerprint(one.sql, self._dialect), []).append(one)
        return [
            msgspec.structs.replace(
                max(alike, key=lambda one: one.count),
                count=sum(one.count for one in alike),
                routes=tuple(dict.fromkeys(route for one in alike for route in one.routes)),
            )
            for alike in shapes.values()
        ]

    @property
    def _dialect(self) -> str:
        return DIALECTS[self._catalogue.system]

    def _parsed(self, asked: Asked) -> Parsed | None:
        if _IDLE.match(asked.sql):
            return None
        try:
            parsed = Parsed(asked, self._catalogue)
            if reason := self._without.why_not(parsed):
                raise UnreadableError(reason)
        except UnreadableError as error:
            self._leave(asked, str(error))
            return None
        return parsed

    def _leave(self, asked: Asked, reason: str) -> None:
        self._unread.append(asked.sql)
        self._untried.append(Untried(subject=fingerprint(asked.sql, self._dialect), reason=reason))

    def _measured(self, parsed: Parsed) -> Statement | None:
        """What the statement costs as things are, if it can be run at all."""
        share = self._deadline.left * _SHARE_OF_A_STATEMENT
        try:
            with self._deadline.at_most(share):
                for values in parsed.executions:
                    self._used |= self._without.indexes_used(parsed, values)
                statement = Statement(parsed, work(self._without, parsed), 0.0)
                statement.ms = quick(self._without, parsed)
        except TooLate:
            self._leave(parsed.asked, f"it takes longer than {share:.0f} s, the time there was for it")
            return None
        except Refused as error:
            self._leave(parsed.asked, f"the database refused it ({error})")
            return None
        return statement

    def _proposals(
        self, statements: Sequence[Statement], found: dict[int, list[Lookup]]
    ) -> list[tuple[Proposal, list[Statement]]]:
        """What to try, the proposals for the statements that take most time first; each once."""
        slow = [each for each in statements if each.work >= self._without.worth_it]
        popularity = Popularity(lookup for each in slow for lookup in found[id(each.parsed)])
        merged: dict[tuple[object, ...], tuple[Proposal, list[Statement]]] = {}
        for statement in sorted(slow, key=lambda each: -each.weight):
            for proposal in propose(found[id(statement.parsed)], popularity):
                identity = tuple(candidate.identity for candidate in proposal)
                known, users = merged.get(identity, (proposal, []))
                merged[identity] = (_stricter(known, proposal), [*users, statement])
        return sorted(merged.values(), key=lambda each: -sum(statement.weight for statement in each[1]))


def _stricter(one: Proposal, other: Proposal) -> Proposal:
    """The proposal whose keys are less free to change places."""
    return tuple(
        Candidate(table=first.table, keys=first.keys, equal=min(first.equal, second.equal))
        for first, second in zip(one, other, strict=True)
    )
