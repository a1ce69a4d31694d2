"""The workloads that settings and command line ask for."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pitstop.errors import TargetError
from pitstop.settings import Settings
from pitstop.target.model import Target
from pitstop.workload.model import Generate, Replay, Tests


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A workload, what it is called, and of which kind it is: tests, recorded or generated."""

    name: str
    kind: str
    workload: Tests | Replay | Generate


def workloads_of(
    settings: Settings, target: Target, cases: int | None, *, tests_too: bool = False
) -> tuple[Given, ...]:
    """What makes the service answer: generated requests if `cases` says how many, recorded ones if there are any, else tests.

    With `tests_too` they run besides, before the others. Raises TargetError where there is none of what is wanted.
    """
    found: list[Given] = []
    if cases is not None:
        generated = Generate(cases=cases, login=settings.login)
        found.append(Given(name="generated", kind="generated", workload=generated))
    for path in settings.recordings:
        name = Path(path).name
        if any(each.name == name for each in found):
            name = f"{name} ({len(found) + 1})"
        found.append(Given(name=name, kind="recorded", workload=Replay(requests=target.root / path)))
    if found and not tests_too:
        return tuple(found)
    if target.tests is None:
        raise TargetError(
            f"there is nothing to make the service answer requests: {target.found['tests']}",
            "Name its tests (`--tests PATH`), let pitstop make requests (`--generate`), or record some and give them "
            "(`--requests FILE`). `pitstop inspect` needs none of it.",
        )
    return (Given(name="tests", kind="tests", workload=Tests()), *found)
