"""The exit code of each error that pitstop raises: 2 the user's, 3 the service's, 4 pitstop's own."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from pathlib import Path

import pytest

import pitstop
from pitstop import cli, options, verbs
from pitstop.errors import (
    OvertimeError,
    PatchError,
    PitstopError,
    TargetError,
    UnsafeDatabaseError,
    UsageError,
)
from pitstop.patching.git import NoGitError
from pitstop.problems.lasting import NoLifespanError
from pitstop.workload.populate import UnfilledError

CODES: dict[type[PitstopError], int] = {
    PitstopError: 4,
    UsageError: 2,
    NoGitError: 2,
    NoLifespanError: 4,
    TargetError: 3,
    OvertimeError: 3,
    UnfilledError: 3,
    UnsafeDatabaseError: 3,
    PatchError: 4,
}
"""A patch that does not fit is pitstop's own fault; where the tree is the reason, `handover.not_ours` says so with 2."""


def family(error: type[PitstopError]) -> set[type[PitstopError]]:
    """An error with all that derive from it."""
    return {error}.union(*map(family, error.__subclasses__()))


def test_each_error_is_in_the_table() -> None:
    for module in pkgutil.walk_packages(pitstop.__path__, "pitstop."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    assert {error for error in family(PitstopError) if error.__module__.startswith("pitstop")} == set(CODES)


@pytest.mark.parametrize(("error", "code"), CODES.items(), ids=[error.__name__ for error in CODES])
def test_exit_code(
    error: type[PitstopError],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Failing:
        def inspect(self, *_: object, **__: object) -> None:
            raise error("it went wrong", "Do this.")

    monkeypatch.setattr(verbs, "_pipeline", Failing)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert cli.main(["inspect", str(tmp_path), "--quiet"]) == code
    said = capsys.readouterr().err
    assert "pitstop: it went wrong\n  Do this.\n" in said
    assert ("traceback" in said) == (code == cli.OWN_FAULT)
    assert re.search(rf"^  {code}  ", options.EXIT_CODES, re.MULTILINE)


def test_a_ctrl_c_that_falls_into_a_finalizer_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python would print it as a traceback, drop it, and go on."""

    class Finalized:
        def __del__(self) -> None:
            raise KeyboardInterrupt

    class Working:
        def inspect(self, *_: object, **__: object) -> None:
            Finalized()
            time.sleep(60)

    monkeypatch.setattr(verbs, "_pipeline", Working)
    assert cli.main(["inspect", str(tmp_path), "--quiet"]) == 130
    said = capsys.readouterr().err
    assert "interrupted" in said
    assert "Traceback" not in said
