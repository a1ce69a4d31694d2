"""The files of the house: none too long, none that knows the machine it was written on."""

from __future__ import annotations

import re

import pytest

from .tree import ROOT, SOURCE, texts

LONGEST = 400
MACHINE = re.compile(r"(?<![\w.~$}*])/(?:work|home|root|Users|tmp|mnt)/\w")
REGISTRIES = re.compile(
    r"(?i)\b(?:files\.pythonhosted|test\.pypi|pypi|registry\.npmjs|anaconda|crates|rubygems|ghcr|quay)\.(?:org|com|io)\b"
)


@pytest.mark.parametrize("package", ["pitstop", "pitstop_probe", "pytest_pitstop"])
def test_no_module_is_too_long_to_read_in_one_go(package: str) -> None:
    modules = {path: len(path.read_text("utf-8").splitlines()) for path in (SOURCE / package).rglob("*.py")}
    assert modules
    long = {path.relative_to(SOURCE).as_posix(): lines for path, lines in modules.items() if lines > LONGEST}
    assert long == {}, f"past {LONGEST} lines a module is two modules"


def found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{text.count(chr(10), 0, hit.start()) + 1}: {hit.group()}"
        for name, text in texts()
        for hit in pattern.finditer(text)
    ]


def test_no_file_names_a_folder_of_the_machine_it_was_written_on() -> None:
    assert found(MACHINE) == []


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert found(REGISTRIES) == []


@pytest.mark.parametrize(
    "name", ["work/main", "home/me/x", "root/.cache".replace(".", "a"), "tmp/x", "Users/me"]
)
def test_a_folder_of_the_machine_is_noticed(name: str) -> None:
    assert MACHINE.search(f'open("/{name}")')


@pytest.mark.parametrize(
    "host", ["files.pythonhosted" + ".org", "pypi" + ".org", "PyPI" + ".org", "ghcr" + ".io"]
)
def test_a_registry_is_noticed(host: str) -> None:
    assert REGISTRIES.search(f"https://{host}/simple")


def test_the_files_that_count_are_looked_at() -> None:
    names = {name for name, _ in texts()}
    assert {
        "README.md",
        "pyproject.toml",
        "requirements.lock",
        ".ci/run",
        "check",
        "src/pitstop/cli.py",
    } <= names
    assert (ROOT / "LICENSE").read_text("utf-8").lstrip().startswith("Apache License")
