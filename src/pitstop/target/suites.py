"""Finding a project's tests and the settings that pytest would read for them."""

from __future__ import annotations

import configparser
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import msgspec

from pitstop.errors import TargetError
from pitstop.target.files import is_irrelevant, python_files, read, relative, table, toml
from pitstop.target.model import Interpreter, Suite

_FOLDERS = ("tests", "test", "testing")
_TEST_FILE = re.compile(r"^(test_.*|.*_test|tests)\.py$")


class _Config(msgspec.Struct, frozen=True):
    file: Path
    values: dict[str, str]
    """Settings as text; a list is joined with white space as pytest splits it."""

    def words(self, name: str) -> list[str]:
        """The words of a setting, quotes honoured; empty when it is not there."""
        try:
            return shlex.split(self.values.get(name, ""))
        except ValueError:
            return self.values.get(name, "").split()


def find_suite(
    root: Path, folder: Path, explicit: Sequence[str] | None, interpreter: Interpreter
) -> tuple[Suite | None, str, list[str]]:
    """The tests, how they were found or why there are none, and folders pytest is told to import from.

    The last are relative to `root`. Raises TargetError when tests were named that are not there.
    """
    config = _config(root, folder)
    paths: list[str] = []
    if config is not None:
        paths = [relative(config.file.parent / p, root) for p in config.words("pythonpath")]
    suite, how = _find(root, folder, explicit, config)
    if suite is not None and "pytest" not in interpreter.packages:
        return None, f"{how}, but pytest is not installed in {interpreter.path}", paths
    return suite, how, paths


def _find(
    root: Path, folder: Path, explicit: Sequence[str] | None, config: _Config | None
) -> tuple[Suite | None, str]:
    if explicit:
        return _given(root, folder, explicit, config), "as given"
    base = config.file.parent if config else folder
    named = [path for word in config.words("testpaths") for path in _expand(base, word)] if config else []
    if config and named:
        inner = [path for path in named if path.is_relative_to(folder)] or named
        cwd = folder if all(path.is_relative_to(folder) for path in inner) else base
        if any(_has_tests(path) for path in inner):
            return _suite(root, cwd, inner, config), f"testpaths of {relative(config.file, root)}"
    for place in dict.fromkeys([folder, root]):
        found = [place / name for name in _FOLDERS if _has_tests(place / name)]
        if found:
            shown = ", ".join(relative(path, root) + "/" for path in found)
            return _suite(root, place, found, config), f"{shown}, by its name"
    files = [path for path in python_files(folder) if _TEST_FILE.match(path.name) and _is_test(path)]
    if files:
        tops = sorted({_top(path, folder) for path in files})
        return _suite(
            root, folder, tops, config
        ), f"{len(files)} test file{'s' if len(files) > 1 else ''} under {relative(folder, root)}/"
    return None, "there is no tests folder and no test_*.py"


def _given(root: Path, folder: Path, explicit: Sequence[str], config: _Config | None) -> Suite:
    for cwd in dict.fromkeys([root, folder]):
        if all(
            argument.startswith("-") or (cwd / argument.partition("::")[0]).exists() for argument in explicit
        ):
            # run from the project's own folder where it can be: .env files and relative URLs are read from there
            files = [a for a in explicit if not a.startswith("-")]
            if cwd != folder and all((cwd / f.partition("::")[0]).is_relative_to(folder) for f in files):
                moved = [
                    a if a.startswith("-") else relative(cwd / a.partition("::")[0], folder) + _tail(a)
                    for a in explicit
                ]
                return _suite(root, folder, moved, config)
            return _suite(root, cwd, list(explicit), config)
    missing = [a for a in explicit if not a.startswith("-") and not (root / a.partition("::")[0]).exists()]
    raise TargetError(
        f"the tests given are not there: {', '.join(missing)} (looked in {root})",
        "Give files, folders or node ids relative to the project's root.",
    )


def _tail(argument: str) -> str:
    _, separator, tail = argument.partition("::")
    return separator + tail


def _suite(root: Path, cwd: Path, paths: Sequence[Path | str], config: _Config | None) -> Suite:
    arguments = tuple(relative(path, cwd) if isinstance(path, Path) else path for path in paths)
    return Suite(
        arguments=arguments,
        cwd=relative(cwd, root),
        config=relative(config.file, root) if config else "",
        options=config.values.get("addopts", "") if config else "",
    )


def _expand(base: Path, pattern: str) -> list[Path]:
    if (base / pattern).exists():
        return [base / pattern]
    try:
        return sorted(base.glob(pattern))
    except (ValueError, NotImplementedError):  # pathlib's for an empty pattern and for an absolute one
        return []


def _has_tests(path: Path) -> bool:
    if path.is_file():
        return True
    return path.is_dir() and any(_TEST_FILE.match(file.name) for file in python_files(path))


def _is_test(path: Path) -> bool:
    return path.name != "tests.py" or "def test" in read(path)


def _top(path: Path, folder: Path) -> Path:
    """The folder of tests that a test file is in, or the file itself when it lies among other code."""
    for parent in reversed(path.relative_to(folder).parents):
        if parent.name in _FOLDERS:
            return folder / parent
    return path


def _config(root: Path, folder: Path) -> _Config | None:
    """The file pytest would take its settings from: in `folder`, else above it up to `root`."""
    for place in [folder, *folder.parents]:
        if not place.is_relative_to(root):
            return None
        for name, section in (
            ("pytest.toml", "pytest"), (".pytest.toml", "pytest"), ("pytest.ini", "pytest"), (".pytest.ini", "pytest"),
            ("pyproject.toml", ""), ("tox.ini", "pytest"), ("setup.cfg", "tool:pytest"),
        ):  # fmt: skip
            path = place / name
            if path.is_file() and not is_irrelevant(place):
                values = _toml_values(path) if name.endswith(".toml") else _ini_values(path, section)
                if values is not None:
                    return _Config(path, values)
    return None


def _toml_values(path: Path) -> dict[str, str] | None:
    data = toml(path)
    own = table(data, "pytest") if path.name != "pyproject.toml" else {}
    tool = table(data, "tool", "pytest")
    values = own or table(tool, "ini_options") or {k: v for k, v in tool.items() if k != "ini_options"}
    if not values and "ini_options" not in tool and path.name == "pyproject.toml":
        return None
    return {
        name: shlex.join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in values.items()
    }


def _ini_values(path: Path, section: str) -> dict[str, str] | None:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(read(path))
    except configparser.Error:
        return None
    if not parser.has_section(section):
        return {} if path.name in {"pytest.ini", ".pytest.ini"} else None
    return {name: value or "" for name, value in parser.items(section)}
