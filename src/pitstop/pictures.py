"""What a page draws: code around findings, flame graphs, plans of statements, checks. Frozen values of which reports are made, see `data`."""

from __future__ import annotations

from typing import Literal

from pitstop.values import Value


class Excerpt(Value, frozen=True, kw_only=True):
    """Lines of a file of the project, `text`, of which `line` is the number of the first."""

    path: str
    line: int
    text: str


class FlameBox(Value, frozen=True, kw_only=True):
    """A function, a phase, a statement or a call of a flame graph: `ms` is the mean time of a request in it, with what is `inner`.

    `kind` is that of the phase in which the box's own time was, `path` and `line` the service's code, where it has any.
    """

    name: str
    ms: float
    kind: str = ""
    path: str = ""
    line: int = 0
    inner: tuple[FlameBox, ...] = ()


class Flame(Value, frozen=True, kw_only=True):
    """Where the time of one route went, over all of its requests."""

    route: str
    requests: int
    boxes: tuple[FlameBox, ...]


class PlanStep(Value, frozen=True, kw_only=True):
    """A step of a plan as the database says it, without values, and those within it.

    `reads` says how it goes through rows, where it does: `scan` (all of a table), `search` (by an index) or `sort`. `rows` is how many the database expects.
    """

    text: str
    reads: Literal["", "scan", "search", "sort"] = ""
    rows: int | None = None
    inner: tuple[PlanStep, ...] = ()


class StatementPlan(Value, frozen=True, kw_only=True):
    """How the database means to carry out a statement, by its shape; `count` is how often requests of `routes` sent it, and `ms` what it took them in all."""

    statement: str
    database: str
    count: int
    ms: float
    routes: tuple[str, ...] = ()
    steps: tuple[PlanStep, ...] = ()


class Check(Value, frozen=True, kw_only=True):
    """A question of a checklist, answered from evidence alone: `unknown` is what this run cannot tell, and why stands in `because`."""

    list: Literal["before merging", "before deploying"]
    question: str
    answer: Literal["yes", "no", "unknown"]
    because: str
    findings: tuple[str, ...] = ()
    """The ids of what was found."""
