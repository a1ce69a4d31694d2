"""The OpenAPI document of each app that answered."""

from __future__ import annotations

import hashlib
import sys
import warnings
from collections.abc import Callable, Iterator
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
        if getattr(app, "openapi", None) is None:
            return
        document = _document(app)
        inside = [[path, _document(each)] for path, each in mounted(app)]
        name = name_of(app, self._probe)
        mark = hashlib.sha256((name + dumps([document, inside])).encode()).hexdigest()
        if mark not in self._written:
            self._written.add(mark)
            self._probe.output.put({"type": "openapi", "app": name, "document": document, "mounted": inside})


def _document(app: Any) -> Any:
    """What the app says of itself; it is left as if nobody had asked."""
    kept = getattr(app, "openapi_schema", None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        document = app.openapi()
    app.openapi_schema = kept
    return document


def mounted(app: Any, depth: int = 3) -> Iterator[tuple[str, Any]]:
    """The apps with a document of their own that an app hands requests on to, each with the path it is mounted at."""
    for route in getattr(app, "routes", ()) if depth else ():
        inner, path = getattr(route, "app", None), getattr(route, "path", None)
        if callable(getattr(inner, "openapi", None)) and isinstance(path, str):
            yield path, inner
            for below, each in mounted(inner, depth - 1):
                yield path + below, each


def name_of(app: Any, probe: Probe) -> str:
    """`module:name` of the module-level variable of user code that holds the app; empty where there is none."""
    for module_name, module in sorted(sys.modules.copy().items()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not probe.stacks.path(file):
            continue
        for name, value in vars(module).copy().items():
            if value is app and getattr(app, "__module__", "") != module_name:
                return f"{module_name}:{name}"
    return ""


def install(probe: Probe, _after: Callable[[str, Callable[[ModuleType], None]], None]) -> None:
    """Have the documents written when the process ends; `start` says when."""
    probe.documents = Documents(probe)
