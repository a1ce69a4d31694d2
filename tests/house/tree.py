"""The house as files: what the other tests of this folder walk over."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
PROBLEMS = SOURCE / "pitstop" / "problems"
LEFT_OUT = {"__pycache__", "dist", "build", "node_modules"}


def files() -> Iterator[Path]:
    """All files of the repository, but for those that tools keep for themselves."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [
            name
            for name in folders
            if name not in LEFT_OUT
            and not name.endswith(".egg-info")
            and (name == ".ci" or not name.startswith("."))
        ]
        yield from (Path(folder, name) for name in names if not name.endswith((".db", ".pyc", "uv.lock")))


def texts() -> Iterator[tuple[str, str]]:
    """Name and content of all files that are text."""
    for path in files():
        content = path.read_bytes()
        if b"\0" not in content:
            yield path.relative_to(ROOT).as_posix(), content.decode("utf-8")


def problem_folders() -> list[Path]:
    """The folder of each problem, found by what a folder is, not by what it should hold."""
    return sorted(
        folder
        for folder in PROBLEMS.glob("*/*")
        if folder.is_dir() and folder.name != "__pycache__" and any(folder.rglob("*.py"))
    )


def section(markdown: str, title: str) -> str | None:
    """What stands under a heading of the second level; None where there is no such heading."""
    found = re.search(rf"^## {re.escape(title)}[ \t]*$(.*?)(?=^## |\Z)", markdown, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else None


def code_files(markdown: str) -> dict[str, str]:
    """The Python blocks of a section as files; a block may begin with its path, `# app/models.py`."""
    made: dict[str, str] = {}
    for block in re.findall(r"^```python\n(.*?)^```", markdown, re.MULTILINE | re.DOTALL):
        named = re.match(r"# ([\w/]+\.py)\n", block)
        name = named[1] if named else "main.py"
        made[name] = made.get(name, "") + block
    return made


def requests_in(markdown: str) -> list[str]:
    """The requests of a section, one a line, as its block of `http` has them."""
    blocks: list[str] = re.findall(r"^```http\n(.*?)^```", markdown, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line]
