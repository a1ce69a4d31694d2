"""The OpenAPI document of each app that answered."""

from __future__ import annotations

import hashlib
import sys
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .output import dumps
from .state import Probe


class Documents:
    """Writes each distinct document once. Made at the end, because making one can take long and would hold the loop."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._written: set[str] = set()

    def write(self) -> None:
        """Write the documents of the apps that have answered so far."""
        apps, self._probe.apps = self._probe.apps, []
        self._probe.latest_app = None
        for app in apps:
            try:
                self._write(app)
            except Exception as error:
                self._probe.fault("openapi", error)

    def _write(self, app: Any) -> None:
        make = getattr(app, "openapi", None)
        if make is None:
            return
        kept = getattr(app, "openapi_schema", None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            document = make()
        app.openapi_schema = kept
        name = name_of(app, self._probe)
        mark = hashlib.sha256((name + dumps(document)).encode()).hexdigest()
        if mark not in self._written:
            self._written.add(mark)
            self._probe.output.put({"type": "openapi", "app": name, "document": document})


def name_of(app: Any, probe: Probe) -> str:
    """`module:name` of the module-level variable of user code that holds the app; empty where there is none."""
    for module_name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not probe.stacks.path(file):
            continue
        for name, value in list(vars(module).items()):
            if value is app and getattr(app, "__module__", "") != module_name:
                return f"{module_name}:{name}"
    return ""


def install(probe: Probe, _after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Have the documents written when the process ends; `start` says when."""
    probe.documents = Documents(probe)
