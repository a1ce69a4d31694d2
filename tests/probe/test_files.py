"""The list of the user's files is made while other threads import."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.probe.runner import Runner

WHILE_IMPORTED = """
import gc, sys, types
from pitstop_probe import start
from pitstop_probe.files import Files

coming = True

class Dies:
    def __init__(self):
        self.me = self

    def __del__(self):
        if coming:
            name = f"late{len(sys.modules)}"
            sys.modules[name] = types.ModuleType(name)
            Dies()

kept = [(n, str(n)) for n in range(5000)]  # else pairs are made of old ones, and nothing is collected meanwhile
files = Files(start.PROBE)
Dies()
gc.set_threshold(1)
try:
    files.scan()
finally:
    gc.set_threshold(700)
coming = False
print(sum(name.startswith("late") for name in sys.modules), "came in between")
"""


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path, apps=None)


def test_modules_that_come_while_they_are_gone_through(runner: Runner) -> None:
    run = runner.script(WHILE_IMPORTED)
    assert not run.faults, run.faults
    assert not runner.output.startswith("0 "), runner.output
