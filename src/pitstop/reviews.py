"""What a change brings beside findings: for a review. Frozen values of which reports are made, see `data`."""

from __future__ import annotations

from typing import Literal

import msgspec

from pitstop.budgets import Limit
from pitstop.values import Value


class Question(Value, frozen=True, kw_only=True):
    """Something that only who wrote the change can answer: a route does otherwise than its siblings, or than it did."""

    text: str
    path: str
    line: int
    route: str = ""


class Decision(Value, frozen=True, kw_only=True):
    """Something in a change that a person has to decide on, for it binds others: `kind` says what it is about."""

    kind: Literal["package", "middleware", "authentication", "error handling"]
    text: str
    path: str = ""
    line: int = 0


class BudgetChange(Value, frozen=True, kw_only=True):
    """A limit of the settings before and after a change; None where there is none."""

    budget: str
    limit: Limit
    before: float | None
    after: float | None

    @property
    def is_looser(self) -> bool:
        """Whether routes may cost more than before."""
        return self.before is not None and (self.after is None or self.after > self.before)


class Review(Value, frozen=True, kw_only=True):
    """A change from `base` to `head`, by their names, of so many `files`. What it brings to find are the findings of the report.

    `gone` is how many findings of `base` are there no more, by problem.
    """

    base: str
    head: str
    files: int
    gone: dict[str, int] = msgspec.field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    decisions: tuple[Decision, ...] = ()
    budgets: tuple[BudgetChange, ...] = ()
    follow_ups: tuple[str, ...] = ()
    """At most three."""
