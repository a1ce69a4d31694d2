"""Looks the names of `effects.toml` up in the libraries installed beside, and notes down which were found.

`python tests/project/look_up.py`, under any Python with msgspec and the libraries, with `src` on its path. The test suite has
few of them: it compares the names of each package with what was looked up last, so that none changes unseen.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
import sys
import tomllib
import warnings
from importlib.metadata import packages_distributions, version
from pathlib import Path

from pitstop.project import library

if __package__:
    from .installed import answer
else:
    from installed import answer  # type: ignore[import-not-found,no-redef] # as a script, beside it

NOTES = Path(__file__).parent / "looked_up.toml"


def names() -> dict[str, list[str]]:
    """All names that can be looked up, as the table spells them, by package."""
    found: dict[str, list[str]] = {}
    for row in library.table().effect:
        if not (row.gone or row.dynamic):
            for name in row.every:
                spelled = library.spelled(name)
                found.setdefault(spelled.split(".")[0], []).append(spelled)
    return {package: sorted(set(each)) for package, each in sorted(found.items())}


def digest(each: list[str]) -> str:
    """What changes with any name of a package."""
    return hashlib.sha256("\n".join(each).encode()).hexdigest()[:16]


def main() -> int:
    """Brings the notes up to date for what is installed here; 1 where a name is missing."""
    notes = tomllib.loads(NOTES.read_text("utf-8")) if NOTES.exists() else {}
    wrong = 0
    for package, each in names().items():
        try:
            answers = {name: answer(name) for name in each}
            if "missing" in answers.values():
                _import_all(package)
                answers = {name: answer(name) for name in each}
        except Exception as error:
            sys.stdout.write(f"{package} cannot be loaded: {error!r}\n")
            continue
        if "not installed" in answers.values():
            continue
        missing = [name for name, found in answers.items() if found == "missing"]
        sys.stdout.writelines(f"missing: {name}\n" for name in missing)
        wrong |= bool(missing)
        if not missing:
            notes[package] = f"{digest(each)} {_versions(package)}"
    NOTES.write_text("".join(f'{package} = "{notes[package]}"\n' for package in sorted(notes)), "utf-8")
    return int(wrong)


def _versions(package: str) -> str:
    homes = sorted(set(packages_distributions().get(package, ())))
    return ", ".join(f"{home} {version(home)}" for home in homes[:3]) or f"Python {sys.version.split()[0]}"


def _import_all(package: str) -> None:
    """Loads the modules that a library loads when they are first asked for."""
    folders = getattr(importlib.import_module(package), "__path__", [])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in pkgutil.walk_packages(folders, f"{package}.", onerror=lambda _: None):
            if "test" not in module.name:
                try:
                    importlib.import_module(module.name)
                except (Exception, SystemExit):
                    continue


if __name__ == "__main__":
    sys.exit(main())
