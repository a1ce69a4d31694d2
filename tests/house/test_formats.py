"""Every report format has its module, its `render`, and a golden file."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import pitstop.reports
from pitstop.data import Report
from pitstop.reports import FORMATS

from .tree import ROOT

GOLDEN = ROOT / "tests" / "reports" / "golden"


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_renders_a_report_and_has_a_golden_file(name: str) -> None:
    render = importlib.import_module(f"pitstop.reports.{name}").render
    first = next(iter(inspect.signature(render, eval_str=True).parameters.values()))
    assert (first.name, first.annotation) == ("report", Report)
    assert list(GOLDEN.glob(f"{name}-*")), f"tests/reports/golden has no file of the format {name}"
    assert (ROOT / "tests" / "reports" / f"test_{name}.py").is_file(), f"the format {name} has no tests"


def test_every_module_that_renders_a_report_is_offered() -> None:
    rendering = set()
    for module in pkgutil.iter_modules(pitstop.reports.__path__):
        render = getattr(importlib.import_module(f"pitstop.reports.{module.name}"), "render", None)
        if render is not None and "report" in inspect.signature(render).parameters:
            rendering.add(module.name)
    assert rendering == set(FORMATS)
