"""The small service as a target, and patches of it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pitstop.data import FileChange, Finding, Location, Patch
from pitstop.patching.edits import make_patch
from pitstop.proof.prover import Prover
from pitstop.target.model import App, Interpreter, Suite, Target
from pitstop.target.workspace import Workspace
from pitstop.verdicts import Metric
from pitstop.workload.model import Tests

DATA = Path(__file__).parent / "data" / "service"


def lay(root: Path) -> Target:
    """Put the service with its tests into an empty folder."""
    shutil.copyfile(DATA / "main.py", root / "main.py")
    shutil.copyfile(DATA / "suite.py", root / "test_service.py")
    version = sys.version_info[:3]
    return Target(
        root=root,
        interpreter=Interpreter(path=Path(sys.executable), version=version),
        app=App(spec="main:app", file="main.py"),
        tests=Suite(arguments=("test_service.py",)),
    )


def patch(
    *replaced: tuple[str, str],
    aims: tuple[Metric, ...] = ("statements",),
    routes: tuple[str, ...] = ("GET /orders",),
    describes: tuple[str, ...] = (),
) -> Patch:
    """A patch of the service that puts one text in place of another."""
    before = after = (DATA / "main.py").read_text(encoding="utf-8")
    for old, new in replaced:
        assert after.count(old) == 1, old
        after = after.replace(old, new)
    finding = Finding(
        id="f00d",
        problem="a-problem",
        domain="database",
        severity="high",
        confidence="certain",
        message="slow",
        location=Location(path="main.py", line=1),
    )
    change = FileChange(path="main.py", before=before, after=after)
    return make_patch(finding, "a patch", [change], aims, routes=routes, describes=describes)


@contextmanager
def proving(root: Path, main: str, tests: str) -> Iterator[Prover]:
    """A prover of a service of one file with one of tests."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "main.py").write_text(main, "utf-8")
    (root / "test_main.py").write_text(tests, "utf-8")
    target = Target(
        root=root,
        interpreter=Interpreter(path=Path(sys.executable), version=sys.version_info[:3]),
        app=App(spec="main:app", file="main.py"),
        tests=Suite(arguments=("test_main.py",)),
    )
    with (
        Workspace(root) as workspace,
        Prover(target, Tests(), workspace, launches=1, timeout_s=120, allowed=("sqlite",)) as prover,
    ):
        yield prover
