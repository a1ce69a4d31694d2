"""A complaint, what was understood of it, how it was looked into, and what came of it. Frozen values of which reports are made, see `data`."""

from __future__ import annotations

from typing import Literal

from pitstop.values import Value

Symptom = Literal["slow", "errors", "database", "blocking", "size", "memory", "load", "start-up"]


class Answer(Value, frozen=True, kw_only=True):
    """What was seen of one symptom: `seen` says whether it showed, `because` what was measured, `findings` are the ids of what explains it."""

    symptom: Symptom
    seen: Literal["yes", "no", "unknown"]
    because: str
    findings: tuple[str, ...] = ()


class Diagnosis(Value, frozen=True, kw_only=True):
    """A plan and its answers. `routes` are those that the complaint is about; empty where that was not understood, and all were looked at."""

    complaint: str
    routes: tuple[str, ...]
    symptoms: tuple[Symptom, ...]
    criterion: str
    """When the complaint is put right."""
    constraints: tuple[str, ...] = ()
    non_goals: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()
    """What was to be measured."""
    answers: tuple[Answer, ...] = ()
    questions: tuple[str, ...] = ()
    """At most three, to who complained."""
