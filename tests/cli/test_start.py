"""The real process: how light it starts, and how it ends when its reader has gone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import pitstop
from pitstop.options import VERBS

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(pitstop.__file__).parents[1])}


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False
    )


def modules_after(statement: str) -> set[str]:
    """What is imported by the statement beyond what the interpreter itself imports to start."""
    code = f"import sys\nbefore = set(sys.modules)\n{statement}\nsys.stderr.write(' '.join(set(sys.modules) - before))"
    return set(run("-c", code).stderr.split())


@pytest.mark.parametrize("arguments", [["--help"], ["tune", "--help"], ["--version"]])
def test_help_imports_the_standard_library_and_nothing_heavy(arguments: list[str]) -> None:
    loaded = modules_after(f"from pitstop.cli import main; main({arguments!r})")
    own = {name for name in loaded if name.split(".")[0] == "pitstop"}
    assert own == {
        "pitstop",
        "pitstop.arguments",
        "pitstop.cli",
        "pitstop.errors",
        "pitstop.given",
        "pitstop.options",
        "pitstop.output",
        "pitstop.verbs",
        "pitstop.reports",
    }
    assert {name.split(".")[0] for name in loaded - own} <= sys.stdlib_module_names
    assert not loaded & {
        "ast",
        "asyncio",
        "dataclasses",
        "inspect",
        "json",
        "subprocess",
        "tomllib",
        "unittest",
    }


def test_a_report_of_inspect_needs_no_database_nor_server_library() -> None:
    loaded = modules_after("import pitstop.reports.json, pitstop.settings, pitstop.reports.progress")
    assert not {name.split(".")[0] for name in loaded} & {
        "duckdb",
        "sqlglot",
        "rich",
        "sqlalchemy",
        "fastapi",
    }


def test_help_names_every_verb_and_the_exit_codes() -> None:
    done = run("-m", "pitstop", "--help")
    assert done.returncode == 0
    assert all(f"    {verb}" in done.stdout for verb in VERBS)
    assert "exit codes:" in done.stdout


def test_the_version_is_that_of_the_package() -> None:
    assert run("-m", "pitstop", "--version").stdout == f"pitstop {pitstop.__version__}\n"


def test_a_reader_that_goes_away_is_no_error() -> None:
    code = (
        "import sys\nfrom pitstop import cli\nfrom pitstop.reports import explain\n"
        "explain.listing = lambda: 'x' * 10_000_000\nsys.exit(cli.main(['explain']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0
