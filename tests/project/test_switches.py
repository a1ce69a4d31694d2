"""What a call switches off in the function that it calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.project.model import FunctionInfo
from pitstop.project.switches import runs_only_if, switched_off

from .trees import service

CALLED = """
def called(first, notify=False, *, log: str | None = None, always=True):
    if notify:
        a()
    elif log:
        b()
    else:
        c()
    if always:
        d()
    if notify or log:
        e()
    if first and log:
        f()
    if log is not None:
        g()
"""


def _functions(root: Path, call: str) -> tuple[FunctionInfo, FunctionInfo]:
    project = service(root, {"app.py": CALLED + f"def caller(args, x):\n    {call}\n"})
    return project.index.functions["app.called"], project.index.functions["app.caller"]


@pytest.mark.parametrize(
    ("call", "skipped"),
    [
        ("called(1)", {"a", "b", "f", "g"}),
        ("called(1, True)", {"b", "f", "g"}),
        ("called(1, notify=x)", {"b", "f", "g"}),
        ("called(1, log='x')", {"a"}),
        ("called(1, False, log=None, always=False)", {"a", "b", "d", "f", "g"}),
        ("called(1, always=None)", {"a", "b", "d", "f", "g"}),
        ("called(*args)", set()),
        ("called(1, **args)", set()),
    ],
)
def test_what_does_not_run_for_a_call(tmp_path: Path, call: str, skipped: set[str]) -> None:
    called, caller = _functions(tmp_path, call)
    (site,) = [s for s in caller.calls if getattr(s.node, "func", None) and s.node.func.id == "called"]  # type: ignore[union-attr] # calls of names only
    off = switched_off(called, site.node)
    assert {s.node.func.id for s in called.calls if runs_only_if(called, s, off)} == skipped  # type: ignore[union-attr] # calls of names only


def test_a_parameter_that_is_set_again_decides_nothing(tmp_path: Path) -> None:
    text = "def f(a=False):\n    a = a or g()\n    if a:\n        h()\ndef caller():\n    f()\n"
    project = service(tmp_path, {"app.py": text})
    (site,) = project.index.functions["app.caller"].calls
    assert switched_off(project.index.functions["app.f"], site.node) == frozenset()
