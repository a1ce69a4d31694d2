"""Who may import whom: the contracts hold, and each of them would notice."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .tree import ROOT, SOURCE

PROBE = SOURCE / "pitstop_probe"
LOADED_BY = {"pytest_plugin.py": "pytest"}
"""A module that only that library itself imports may import it at once: it is there."""


def lint(source: Path) -> subprocess.CompletedProcess[str]:
    command = "import sys; from importlinter.cli import lint_imports_command as c; c()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo", "--config", str(ROOT / ".importlinter")],
        env={**os.environ, "PYTHONPATH": str(source), "PYTHONWARNINGS": "ignore"},
        cwd=source,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_contracts_hold() -> None:
    done = lint(SOURCE)
    assert done.returncode == 0, done.stdout + done.stderr


PLANTED = {
    "pitstop/data.py": "import pitstop.target",
    "pitstop/new_room.py": "",
    "pitstop/problems/database/missing_index/__init__.py": "import pitstop.problems.database.n_plus_one_loop",
    "pitstop/problems/database/missing_index/rule.py": "import pitstop.patching",
    "pitstop/reports/full.py": "import pitstop.problems",
    "pitstop_probe/start.py": "import pitstop.data",
    "pitstop/target/model.py": "import pitstop_probe",
    "pitstop/settings.py": "import pytest_pitstop",
    "pytest_pitstop/plugin.py": "import pitstop.project",
}


def test_each_contract_notices_an_import_that_breaks_it(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "cases", "*.md")
    for package in ("pitstop", "pitstop_probe", "pytest_pitstop"):
        shutil.copytree(SOURCE / package, tmp_path / package, ignore=ignored)
    for name, line in PLANTED.items():
        with (tmp_path / name).open("a") as module:
            module.write(f"\n{line}\n")
    said = lint(tmp_path).stdout
    assert "Contracts: 0 kept, 8 broken." in said, said
    assert "new_room" in said


def imports(tree: ast.Module) -> Iterator[tuple[str, list[ast.AST]]]:
    """The first name of each absolute import, with what it stands in, outermost first."""

    def walk(node: ast.AST, around: list[ast.AST]) -> Iterator[tuple[str, list[ast.AST]]]:
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], around) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0], around
        for child in ast.iter_child_nodes(node):
            yield from walk(child, [*around, node])

    return walk(tree, [])


def is_optional(around: list[ast.AST]) -> bool:
    """Whether the import stands in a function, in a `try` that catches its failure."""
    inside = any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in around)
    caught = {
        name.id
        for node in around
        if isinstance(node, ast.Try)
        for handler in node.handlers
        for name in ast.walk(handler.type or ast.Name("BaseException"))
        if isinstance(name, ast.Name)
    }
    return inside and bool(caught & {"ImportError", "Exception", "BaseException"})


def strangers(name: str, source: str) -> list[str]:
    """Modules outside of the standard library that the probe would need."""
    known = sys.stdlib_module_names | {"pitstop_probe", LOADED_BY.get(name, "pitstop_probe")}
    return [
        module
        for module, around in imports(ast.parse(source))
        if module not in known and not is_optional(around)
    ]


def probe_files() -> list[Path]:
    return sorted(PROBE.rglob("*.py"))


def test_there_is_a_probe_to_look_at() -> None:
    assert probe_files()


@pytest.mark.parametrize("path", probe_files(), ids=lambda path: path.name)
def test_the_probe_needs_the_standard_library_only(path: Path) -> None:
    assert strangers(path.name, path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", probe_files(), ids=lambda path: path.name)
def test_the_probe_is_written_in_the_grammar_of_python_3_9(path: Path) -> None:
    ast.parse(path.read_text("utf-8"), feature_version=(3, 9))


def test_no_module_of_the_probe_imports_one_that_needs_a_library() -> None:
    for path in probe_files():
        named = {
            name
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.ImportFrom)
            for name in (node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names))
        }
        assert not {f"pitstop_probe.{Path(name).stem}" for name in LOADED_BY} & named, path.name


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import sqlalchemy", ["sqlalchemy"]),
        ("from sqlalchemy.orm import Session", ["sqlalchemy"]),
        ("import pitstop", ["pitstop"]),
        ("def f():\n    import httpx", ["httpx"]),
        ("try:\n    import httpx\nexcept ImportError:\n    pass", ["httpx"]),
        ("def f():\n    try:\n        import httpx\n    except ValueError:\n        pass", ["httpx"]),
        ("def f():\n    try:\n        import httpx\n    except (ImportError, OSError):\n        pass", []),
        ("def f():\n    try:\n        import httpx\n    except Exception:\n        pass", []),
        ("import os.path\nfrom . import x\nfrom pitstop_probe import y", []),
    ],
)
def test_a_stranger_is_noticed(source: str, found: list[str]) -> None:
    assert strangers("x.py", source) == found
