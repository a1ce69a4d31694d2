from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from pitstop.errors import TargetError
from pitstop.target.discover import discover
from pitstop.target.model import Target
from tests.target.trees import APP, PYTHON, SERVICE, TEST, write


def found(root: Path, **given: object) -> Target:
    arguments: dict[str, object] = {
        "app": None,
        "python": PYTHON,
        "tests": None,
        "environment": {"PATH": os.defpath},
    }
    return discover(root, **(arguments | given))  # type: ignore[arg-type]  # the names are the function's own


def test_a_whole_service(tmp_path: Path) -> None:
    target = found(write(tmp_path / "a service é", SERVICE))
    assert target.app is not None
    assert target.app.spec == "app.main:app"
    assert target.interpreter.path == PYTHON
    assert target.interpreter.version == sys.version_info[:3]
    assert "fastapi" in target.interpreter.packages
    assert target.tests is not None
    assert target.tests.arguments == ("tests",)
    assert target.import_roots == (".",)
    assert set(target.found) == {"app", "interpreter", "tests", "database"}
    assert all(target.found.values())


def test_nothing_of_the_project_is_imported_or_written(tmp_path: Path) -> None:
    write(tmp_path, SERVICE | {"app/main.py": "raise SystemExit('imported')\n" + APP, "conftest.py": "1 / 0"})
    before = sorted(tmp_path.rglob("*"))
    found(tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
    assert "app.main" not in sys.modules


def test_a_syntax_error_in_one_file_is_said(tmp_path: Path) -> None:
    target = found(write(tmp_path, SERVICE | {"app/broken.py": "def broken(:\n"}))
    ((subject, reason),) = [(skip.subject, skip.reason) for skip in target.skipped]
    assert subject == "app/broken.py"
    assert re.fullmatch(
        r"Python 3\.\d+, which pitstop runs in, cannot parse it: line 1: invalid syntax", reason
    )


def test_a_package_with_its_requirements_inside_is_started_from_above(tmp_path: Path) -> None:
    files = {f"backend/{name}": text for name, text in SERVICE.items() if name.startswith("app/")}
    target = found(write(tmp_path, files | {"backend/app/requirements.txt": "fastapi"}))
    assert (target.folder, target.start) == ("backend/app", "backend")
    assert target.import_roots == ("backend",)


def test_a_project_below_the_root_is_started_from_its_own_folder(tmp_path: Path) -> None:
    files = {f"backend/{name}": text for name, text in SERVICE.items()}
    target = found(write(tmp_path, files | {"backend/requirements.txt": "fastapi"}))
    assert (target.folder, target.start) == ("backend", "backend")


def test_no_tests_is_said(tmp_path: Path) -> None:
    target = found(write(tmp_path, {"main.py": APP}))
    assert target.tests is None
    assert [skip.subject for skip in target.skipped] == ["tests"]
    assert "no tests folder" in target.found["tests"]


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_a_root_that_is_no_folder(tmp_path: Path, kind: str) -> None:
    if kind == "file":
        (tmp_path / "root").write_text("")
    with pytest.raises(TargetError, match=r"there is no folder|is a file"):
        found(tmp_path / "root")


# --- interpreters ----------------------------------------------------------------------------------------------------


def _environment(folder: Path) -> Path:
    """A virtual environment with nothing in it."""
    venv.create(folder, with_pip=False, symlinks=True)
    return folder


def _see(environment: Path, folder: Path | str) -> None:
    """Let an environment see what another folder has."""
    packages = next((environment / "lib").glob("python*")) / "site-packages"
    (packages / "more.pth").write_text(f"{folder}\n")


def _packages() -> str:
    import fastapi

    return str(Path(fastapi.__file__).parent.parent)


def test_the_projects_own_environment_comes_first(tmp_path: Path) -> None:
    write(tmp_path, SERVICE)
    _see(_environment(tmp_path / ".venv"), _packages())
    target = found(tmp_path, python=None, environment={"VIRTUAL_ENV": "/nowhere"})
    assert target.interpreter.path == tmp_path / ".venv" / "bin" / "python"
    assert "the project's .venv" in target.found["interpreter"]


def test_an_environment_without_fastapi_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, SERVICE)
    _environment(tmp_path / ".venv")
    target = found(tmp_path, python=None)
    assert target.interpreter.path == PYTHON
    assert "the one pitstop runs in" in target.found["interpreter"]


def test_virtual_env(tmp_path: Path) -> None:
    write(tmp_path / "p", SERVICE)
    _see(_environment(tmp_path / "elsewhere"), _packages())
    target = found(tmp_path / "p", python=None, environment={"VIRTUAL_ENV": str(tmp_path / "elsewhere")})
    assert target.interpreter.path.is_relative_to(tmp_path / "elsewhere")


def test_an_environment_may_be_given_for_its_interpreter(tmp_path: Path) -> None:
    write(tmp_path, SERVICE)
    _see(_environment(tmp_path / "other"), _packages())
    assert found(tmp_path, python=Path("other")).interpreter.path == tmp_path / "other" / "bin" / "python"


def test_a_given_interpreter_without_fastapi(tmp_path: Path) -> None:
    write(tmp_path, SERVICE)
    _environment(tmp_path / "bare")
    with pytest.raises(TargetError, match="fastapi is not installed in it") as raised:
        found(tmp_path, python=tmp_path / "bare")
    assert "--python" in raised.value.hint


def _script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            """echo '{"version": [3, 8, 1], "packages": {}, "editable": [], "error": ""}'""",
            "it is Python 3.8.1; pitstop needs 3.9",
        ),
        ("echo no python >&2; exit 1", "no python"),
        ("exit 0", "it said nothing"),
        ("echo [1]", "not a Python that can be used"),
    ],
)
def test_a_given_interpreter_that_will_not_do(tmp_path: Path, text: str, says: str) -> None:
    write(tmp_path, SERVICE)
    with pytest.raises(TargetError) as raised:
        found(tmp_path, python=_script(tmp_path / "python", text))
    assert says in raised.value.message


def test_a_given_interpreter_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="there is no such file"):
        found(write(tmp_path, SERVICE), python=Path("/nowhere/python"))


def test_editable_folders_become_import_roots(tmp_path: Path) -> None:
    write(tmp_path, SERVICE | {"libs/common/src/common/__init__.py": ""})
    _see(_environment(tmp_path / ".venv"), _packages() + f"\n{tmp_path / 'libs/common/src'}\n/elsewhere")
    target = found(tmp_path, python=None)
    assert target.import_roots == (".", "libs/common/src")


# --- tests -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "arguments", "config", "options"),
    [
        pytest.param(
            {"pyproject.toml": "[tool.pytest.ini_options]\ntestpaths = ['checks']\naddopts = '-q -n auto'"},
            ("checks",), "pyproject.toml", "-q -n auto", id="pyproject",
        ),
        pytest.param({"pytest.ini": "[pytest]\ntestpaths =\n    checks\n"}, ("checks",), "pytest.ini", "", id="ini"),
        pytest.param({"setup.cfg": "[tool:pytest]\ntestpaths = checks"}, ("checks",), "setup.cfg", "", id="setup.cfg"),
        pytest.param({"tox.ini": "[pytest]\ntestpaths = ch*"}, ("checks",), "tox.ini", "", id="pattern"),
        pytest.param(
            {"pytest.ini": "[pytest]\n", "pyproject.toml": "[tool.pytest.ini_options]\ntestpaths = ['x']"},
            ("checks/test_c.py",), "pytest.ini", "", id="pytest.ini wins though it says nothing",
        ),
        pytest.param({"setup.cfg": "[metadata]\nname=x"}, ("checks/test_c.py",), "", "", id="none"),
        pytest.param({"pytest.ini": "[pytest\nbroken"}, ("checks/test_c.py",), "", "", id="broken"),
        pytest.param(
            {"pyproject.toml": "[tool.pytest.ini_options]\ntestpaths = ['gone']"},
            ("checks/test_c.py",), "pyproject.toml", "", id="testpaths that are not there",
        ),
    ],
)  # fmt: skip
def test_pytest_configuration(
    tmp_path: Path, files: dict[str, str], arguments: tuple[str, ...], config: str, options: str
) -> None:
    write(tmp_path, {"main.py": APP, "checks/test_c.py": TEST} | files)
    suite = found(tmp_path).tests
    assert suite is not None
    assert (suite.arguments, suite.config, suite.options) == (arguments, config, options)


def test_the_tests_of_a_project_inside_a_repository(tmp_path: Path) -> None:
    write(tmp_path, {f"backend/{name}": text for name, text in SERVICE.items()})
    write(tmp_path, {"backend/requirements.txt": "fastapi", "tests/test_other.py": "def test_x(): ..."})
    suite = found(tmp_path).tests
    assert suite is not None
    assert (suite.cwd, suite.arguments) == ("backend", ("tests",))


def test_tests_beside_the_code(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": APP, "shop/test_a.py": TEST, "shop/inner/tests/test_b.py": TEST})
    suite = found(tmp_path).tests
    assert suite is not None
    assert suite.arguments == ("shop/inner/tests", "shop/test_a.py")


def test_given_tests(tmp_path: Path) -> None:
    write(
        tmp_path,
        {f"backend/{name}": text for name, text in SERVICE.items()} | {"backend/requirements.txt": ""},
    )
    suite = found(tmp_path, tests=["backend/tests/test_items.py::test_item", "-k", "not slow"][:1]).tests
    assert suite is not None
    assert (suite.cwd, suite.arguments) == ("backend", ("tests/test_items.py::test_item",))


def test_given_tests_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="the tests given are not there: nowhere"):
        found(write(tmp_path, SERVICE), tests=["nowhere"])


def test_tests_but_no_pytest(tmp_path: Path) -> None:
    write(tmp_path, SERVICE)
    only = tmp_path / "only"
    # a FastAPI that is enough to be asked, and no pytest beside it
    write(
        only,
        {
            "fastapi.py": "",
            "fastapi-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: fastapi\nVersion: 1.0\n",
        },
    )
    _see(_environment(tmp_path / ".venv"), only)
    target = found(tmp_path, python=None)
    assert target.tests is None
    assert "pytest is not installed" in target.found["tests"]


def test_dirty_git_tree_and_no_git_are_alike(tmp_path: Path) -> None:
    write(tmp_path, SERVICE)
    without = found(tmp_path)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, stdin=subprocess.DEVNULL)
    assert found(tmp_path) == without
