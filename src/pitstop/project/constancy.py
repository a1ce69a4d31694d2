"""What stays as it was written while a service runs: its settings, and names and attributes that no function gives another value."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from pitstop.project.facts import Assign, Attr, Aug, Other
from pitstop.project.inference import Inference
from pitstop.project.model import FunctionInfo

SETTINGS = frozenset(
    {
        "pydantic_settings.main.BaseSettings",
        "pydantic_settings.BaseSettings",
        "pydantic.BaseSettings",
        "pydantic.env_settings.BaseSettings",
        "pydantic.v1.BaseSettings",
    }
)


def is_settings(types: Inference, name: str) -> bool:
    """Whether a class of the project is one of settings, by Pydantic."""
    return not SETTINGS.isdisjoint(types.external_bases(name))


class Rebound:
    """What functions give another value to, by its name alone: whose it is does not matter."""

    def __init__(self, functions: Collection[FunctionInfo]) -> None:
        self._functions = functions

    @cached_property
    def names(self) -> frozenset[str]:
        """Names of modules that some function rebinds by `global`."""
        return frozenset(
            name
            for function in self._functions
            if any(isinstance(s, Other) and s.kind == "Global" for s in function.statements)
            for name in function.bindings
        )

    @cached_property
    def attributes(self) -> frozenset[str]:
        """Attributes that are given a value by anything but the making of an object."""
        return frozenset(
            target.attr
            for function in self._functions
            if function.name != "__init__"
            for s in function.statements
            if isinstance(s, (Assign, Aug))
            for target in (s.targets if isinstance(s, Assign) else (s.target,))
            if isinstance(target, Attr)
        )
