"""Reading of other people's trees: what is worth a look, and text whatever its encoding."""

from __future__ import annotations

import ast
import os
import tokenize
import tomllib
import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

IRRELEVANT = frozenset(
    {
        ".git", ".hg", ".svn", ".bzr", ".tox", ".nox", ".idea", ".vscode", ".direnv", ".eggs", ".terraform",
        ".next", ".nuxt", ".gradle", ".ipynb_checkpoints", ".hypothesis", ".import_linter_cache",
        ".mypy_cache", ".ruff_cache", ".pytest_cache", ".pytype", "__pycache__", "__pypackages__",
        "node_modules", "bower_components", "site-packages", "mlruns", "wandb",
    }
)  # fmt: skip
ENVIRONMENT_NAMES = frozenset({"venv", ".venv", "env", ".env", "virtualenv"})
CACHE_MARK = "CACHEDIR.TAG"


def is_environment(folder: Path) -> bool:
    """Whether a folder is a virtual or conda environment."""
    if (folder / "pyvenv.cfg").is_file() or (folder / "conda-meta").is_dir():
        return True
    return folder.name in ENVIRONMENT_NAMES and (folder / "bin" / "python").exists()


def is_irrelevant(folder: Path) -> bool:
    """Whether a folder holds nothing that a service is made of: version control, environments, caches, node modules."""
    return folder.name in IRRELEVANT or (folder / CACHE_MARK).is_file() or is_environment(folder)


def python_files(root: Path, limit: int = 20_000) -> Iterator[Path]:
    """Python files under `root` in a stable order, links to folders not followed; at most `limit`."""
    count = 0
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if not is_irrelevant(here / name))
        for name in sorted(files):
            if name.endswith(".py"):
                count += 1
                if count > limit:
                    return
                yield here / name


def read(path: Path) -> str:
    """The text of a file; bytes that are not text are replaced, a file that cannot be read is empty."""
    try:
        raw = path.read_bytes()
    except OSError:
        return ""
    if path.suffix == ".py":
        try:
            encoding, _ = tokenize.detect_encoding(BytesIO(raw).readline)
        except SyntaxError:
            encoding = "utf-8"
        return raw.decode(encoding, "replace")
    return raw.decode("utf-8-sig", "replace")


def parse(path: Path) -> ast.Module | None:
    """The tree of a Python file; None when it cannot be parsed."""
    tree = _parsed(path)
    return tree if isinstance(tree, ast.Module) else None


def fault(path: Path) -> str:
    """Why a Python file cannot be parsed; empty where it can."""
    found = _parsed(path)
    if isinstance(found, ast.Module):
        return ""
    line = f"line {found.lineno}: " if isinstance(found, SyntaxError) and found.lineno else ""
    text = found.msg if isinstance(found, SyntaxError) else str(found) or type(found).__name__
    return f"{line}{text}"


def _parsed(path: Path) -> ast.Module | Exception:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the project's own invalid escapes are not pitstop's to report
        try:
            return ast.parse(read(path))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return error


def toml(path: Path) -> dict[str, object]:
    """The table of a TOML file; empty when there is none or it is not valid."""
    try:
        return tomllib.loads(read(path))
    except tomllib.TOMLDecodeError:
        return {}


def table(data: dict[str, object], *names: str) -> dict[str, object]:
    """The nested table `names` of `data`; empty when there is none."""
    for name in names:
        inner = data.get(name)
        if not isinstance(inner, dict):
            return {}
        data = inner
    return data


def relative(path: Path, root: Path) -> str:
    """`path` as seen from `root`, with forward slashes, `..` where it must; "." for `root` itself."""
    return Path(os.path.relpath(path, root)).as_posix()
