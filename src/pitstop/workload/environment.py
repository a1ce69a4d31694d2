"""The environment variables a workload runs with: the user's own, turned towards the copy."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from pitstop.target.model import Target
from pitstop.target.variables import dotenv

_NOT_OURS = re.compile(
    r"^(PYTHONHOME|PYTHONSTARTUP|PYTHONHASHSEED|PYTHONPYCACHEPREFIX|PYTEST_CURRENT_TEST|PYTEST_XDIST_\w+|PYTEST_VERSION|"
    r"COV_CORE_\w+|COVERAGE_\w+|PITSTOP_\w+)$"
)
_KEPT = frozenset({"PATH", "PYTHONPATH", "VIRTUAL_ENV", "PWD", "OLDPWD", "HOME", "TMPDIR"})


def run_environment(
    target: Target,
    workspace: Path,
    cwd: Path,
    base: Mapping[str, str],
    *,
    probe_folder: Path,
    seed: int | None,
    extra: Mapping[str, str],
) -> dict[str, str]:
    """The variables for a run in `workspace`.

    PYTHONPATH begins with the probe, then the copy's import roots, so that an editable install of the user's tree never
    comes before the copy. A value that names the user's tree names the copy instead, those of `.env` included: a data
    file given by an absolute path must not be written.
    """
    environment = {name: value for name, value in base.items() if not _NOT_OURS.match(name)}
    for name, value in environment.items():
        if name not in _KEPT:
            environment[name] = turned(value, target, workspace)
    for folder in dict.fromkeys(target.root / place for place in (target.start, target.folder, ".")):
        for name, value in dotenv(folder).items():
            moved = turned(value, target, workspace)
            if moved != value and name not in environment:
                environment[name] = moved
    roots = [str((workspace / root).resolve()) for root in target.import_roots]
    own = [
        turned(entry, target, workspace) for entry in base.get("PYTHONPATH", "").split(os.pathsep) if entry
    ]
    environment["PYTHONPATH"] = os.pathsep.join(dict.fromkeys([str(probe_folder), *roots, *own]))
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    environment["PYTHONHASHSEED"] = str(_hash_seed(seed)) if seed is not None else "random"
    environment["PYTHONUNBUFFERED"] = "1"
    environment["PWD"] = str(cwd)
    _activate(environment, target)
    environment.update(extra)
    return environment


def _hash_seed(seed: int) -> int:
    """`PYTHONHASHSEED` takes 0 to 4294967295; 0 switches hashing's seed off, so it is left out."""
    return seed % 4294967295 + 1


def _activate(environment: dict[str, str], target: Target) -> None:
    """As the environment's own activate script does, so that tests find its commands."""
    folder = target.interpreter.path.parent
    if (folder.parent / "pyvenv.cfg").is_file():
        environment["VIRTUAL_ENV"] = str(folder.parent)
    else:
        environment.pop("VIRTUAL_ENV", None)
    environment["PATH"] = os.pathsep.join([str(folder), environment.get("PATH", os.defpath)])


def turned(value: str, target: Target, workspace: Path) -> str:
    """`value` with each path into the user's tree replaced by the same path in the copy.

    Paths into the interpreter's environment stay: it is not copied.
    """
    interpreter = str(target.interpreter.path.parent.parent)
    forms = dict.fromkeys([str(target.root), str(target.root.resolve())])
    forms.update(dict.fromkeys(quote(form) for form in list(forms)))
    for form in forms:
        new = quote(str(workspace)) if form != str(target.root) and "%" in form else str(workspace)
        pattern = re.compile(rf"(?<![\w.-]){re.escape(form)}(?=$|[/\\:;,?#\s\"'])")

        def move(found: re.Match[str], new: str = new) -> str:
            inside = found.string.startswith(interpreter, found.start()) and interpreter != found.group(0)
            return found.group(0) if inside else new

        value = pattern.sub(move, value)
    return value
