"""What is wrong and how it is put right: one folder a problem, found by walking this package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pitstop.data import Domain, Finding, FixClass, Impact, Option, Patch, Severity
from pitstop.verdicts import Metric

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.traces.store import Traces

Rule = Callable[["Project"], Iterable[Finding]]
Detector = Callable[["Traces", "Project"], Iterable[Finding]]
Refuter = Callable[["Traces", "Project"], Iterable[tuple[str, str]]]
Fix = Callable[[Finding, "Project"], Patch]
"""The repair of a finding; raises PatchError with the reason where there is none."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One of the ways to put a problem right that a person decides between. `fix` takes it, where pitstop can."""

    option: Option
    fix: Fix | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One problem: how it is seen in source and in traces, and how it is put right."""

    name: str
    domain: Domain
    title: str
    """One line that completes "This service has a ..."."""
    severity: Severity
    fix_class: FixClass
    aims: tuple[Metric, ...] = ()
    """What a repair of this problem should improve."""
    impact: Impact | None = None
    """The expected gain, until the service itself is measured."""
    rule: Rule | None = None
    detector: Detector | None = None
    refuter: Refuter | None = None
    """Findings of the rule that the traces disprove: the id of each, and why."""
    fix: Fix | None = None
    choices: tuple[Choice, ...] = ()
    """What a person decides between where there is no `fix`, or none for a finding."""
    options: tuple[Option, ...] = ()
    """What a person decides between where pitstop makes nothing of it, told with each finding; a model may still be asked."""
    gives_way_to: tuple[str, ...] = ()
    """Problems that tell of the same statements: what one of them tells of a line, this one does not tell again."""
    folder: Path


@cache
def discover() -> dict[str, Problem]:
    """All problems by name."""
    found: dict[str, Problem] = {}
    for domain in pkgutil.iter_modules(__path__):
        if not domain.ispkg:
            continue
        package = importlib.import_module(f"{__name__}.{domain.name}")
        for module in pkgutil.iter_modules(package.__path__):
            if module.ispkg:
                problem = importlib.import_module(f"{package.__name__}.{module.name}").PROBLEM
                found[problem.name] = problem
    return dict(sorted(found.items()))
