"""Copies of a project that are imported instead of the one that is measured."""

from __future__ import annotations

import sysconfig
import venv
from pathlib import Path

import pytest

from pitstop.errors import TargetError
from pitstop.target.discover import discover
from pitstop.target.workspace import Workspace
from pitstop.workload.drive import drive
from pitstop.workload.launched import ProbeSettings
from pitstop.workload.model import Tests
from tests.target.trees import SERVICE, write

HOOK = """\
import os
import sys
from importlib.machinery import PathFinder


class Editable:
    \"\"\"What some build backends install in editable mode: it is asked before any path is.\"\"\"

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] != "app":
            return None
        return PathFinder.find_spec(name, [os.path.join({other!r}, *name.split(".")[:-1])], target)


sys.meta_path.insert(0, Editable)
"""


@pytest.mark.parametrize("package", [True, False], ids=["package", "folder without __init__"])
def test_a_stray_copy_of_a_project_below_the_root_is_refused(tmp_path: Path, package: bool) -> None:
    """An editable install that leads to another checkout, and comes first."""
    root, other = tmp_path / "repository", tmp_path / "other"
    service = SERVICE if package else {name: text for name, text in SERVICE.items() if "__init__" not in name}
    write(other, service)
    environment = tmp_path / "venv"
    venv.create(environment, symlinks=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    here = sysconfig.get_path("purelib")
    hook = {"_editable.py": HOOK.format(other=str(other)), "_editable.pth": "import _editable\n"}
    write(packages, {"here.pth": f"{here}\n", **hook})
    files = {f"backend/{name}": text for name, text in service.items()} | {
        "backend/requirements.txt": "fastapi"
    }
    target = discover(
        write(root, files), app=None, python=environment / "bin" / "python", tests=None, environment={}
    )
    with Workspace(root) as workspace, pytest.raises(TargetError, match="instead of the copy") as raised:
        drive(Tests(), target, workspace.path, ProbeSettings(seed=7, watchdog_ms=0), timeout=120)
    assert str(other / "app") in raised.value.message
