"""Which versions of packages a service runs with: as installed in its environment, else as its lock file pins them."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

Version = tuple[int, ...]

_ENVIRONMENTS = (".venv", "venv", "env", ".env")
_PIN = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*===?\s*([0-9][\w.!+-]*)", re.MULTILINE)
_DEPTH = 3
"""Folders down to which a repository's parts are asked for their versions."""
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions by the canonical names of distributions (lower case, hyphens), and where they were read."""

    where: str = ""
    known: dict[str, Version] = field(default_factory=dict)

    def of(self, name: str) -> Version | None:
        """The version of a distribution, as numbers; None when nothing says it."""
        return self.known.get(_canonical(name))

    def before(self, name: str, *version: int) -> bool:
        """Whether a distribution is known to be older than a version. What is not known is not older."""
        found = self.of(name)
        return found is not None and found < version


def find(root: Path) -> Versions:
    """The versions that the folder `root` tells, or the nearest one above it within the repository.

    Of one folder an environment tells what really runs, a lock file what should; pins in requirement files are the last
    resort. Where none of them says anything, the parts of the repository below are asked, and the oldest version counts:
    what it has not got must not be asked for. What cannot be read counts as absent.
    """
    above = next((found for folder in _upwards(root) if (found := _told_by(folder, root)).known), None)
    return above or _of_parts(root)


def _of_parts(root: Path) -> Versions:
    told: list[Versions] = []
    for depth in range(1, _DEPTH + 1):
        folders = (
            f
            for f in sorted(root.glob("/".join(["[!.]*"] * depth)))
            if f.is_dir() and "node_modules" not in f.parts
        )
        told += [
            found for folder in folders if "fastapi" in (found := _told_by(folder.resolve(), root)).known
        ]
    oldest: dict[str, Version] = {}
    for versions in told:
        for name, version in versions.known.items():
            oldest[name] = min(version, oldest.get(name, version))
    return Versions(", ".join(versions.where for versions in told), oldest)


def _told_by(folder: Path, root: Path) -> Versions:
    for name in _ENVIRONMENTS:
        if (folder / name / "pyvenv.cfg").is_file():
            known = _installed(folder / name)
            if "fastapi" in known or "starlette" in known:
                return Versions(_shown(folder / name, root), known)
    for name, read in _LOCKS.items():
        known = _read(folder / name, read) if (folder / name).is_file() else {}
        if known:
            return Versions(_shown(folder / name, root), known)
    pinned: dict[str, Version] = {}
    for path in sorted(folder.glob("requirements*.txt")):
        pinned.update(_read(path, _pins))
    return Versions(_shown(folder / "requirements*.txt", root), pinned) if pinned else Versions()


def _upwards(root: Path) -> list[Path]:
    home = root.resolve()
    folders = [home, *home.parents]
    top = next((n for n, folder in enumerate(folders) if (folder / ".git").exists()), 0)
    return folders[: top + 1]


def _shown(path: Path, root: Path) -> str:
    try:
        return path.relative_to(root.resolve()).as_posix()
    except ValueError:
        return path.name


def _installed(environment: Path) -> dict[str, Version]:
    folders = [*environment.glob("lib/python*/site-packages"), environment / "Lib" / "site-packages"]
    found: dict[str, Version] = {}
    for folder in folders:
        for path in folder.glob("*.dist-info"):
            name, _, version = path.name.removesuffix(".dist-info").partition("-")
            found[_canonical(name)] = numbers(version)
    return found


def _read(path: Path, read: Callable[[str], Iterable[tuple[str, str]]]) -> dict[str, Version]:
    try:
        return {_canonical(name): numbers(version) for name, version in read(path.read_text("utf-8"))}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _packages(text: str) -> Iterator[tuple[str, str]]:
    """`[[package]]` tables: uv, Poetry and PDM agree on them."""
    for package in tomllib.loads(text)["package"]:
        if "version" in package:
            yield package["name"], package["version"]


def _pipfile(text: str) -> Iterator[tuple[str, str]]:
    for name, package in json.loads(text)["default"].items():
        if "version" in package:
            yield name, package["version"].removeprefix("==")


def _pins(text: str) -> Iterator[tuple[str, str]]:
    yield from ((match[1], match[2]) for match in _PIN.finditer(text))


_LOCKS: dict[str, Callable[[str], Iterable[tuple[str, str]]]] = {
    "uv.lock": _packages,
    "poetry.lock": _packages,
    "pdm.lock": _packages,
    "Pipfile.lock": _pipfile,
    "requirements.lock": _pins,
    "requirements.txt": _pins,
}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def numbers(version: str) -> Version:
    """`0.115.2rc1` as (0, 115, 2): what a threshold is compared with."""
    release = re.split(r"[^0-9.]", version.partition("!")[2] or version, maxsplit=1)[0]
    return tuple(int(part) for part in _NUMBER.findall(release))
