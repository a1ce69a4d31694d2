"""Finding the Python that a project runs in, and asking it what it has installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from pitstop.errors import TargetError
from pitstop.target.model import Interpreter
from pitstop.temporary import TemporaryFolder

OLDEST = (3, 9)
_PATIENCE_S = 60
_QUESTION = """
import ast, json, os, re, sys
answer = {"version": list(sys.version_info[:3]), "packages": {}, "editable": [], "error": ""}
before = set(sys.path)
try:
    import fastapi
except BaseException as error:
    answer["error"] = "%s: %s" % (type(error).__name__, error)
try:
    from importlib.metadata import distributions
except ImportError:
    distributions = list
for found in distributions():
    name = found.metadata["Name"] if found.metadata else None
    if name:
        answer["packages"].setdefault(re.sub(r"[-_.]+", "-", name).lower(), found.version or "")
folders = [path for path in sys.path if os.path.isdir(path)]
for folder in folders:
    if os.path.basename(folder) not in ("site-packages", "dist-packages"):
        continue
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        try:
            if name.endswith(".pth"):
                with open(path, encoding="utf-8", errors="replace") as lines:
                    for line in lines:
                        line = line.strip()
                        if line and not line.startswith(("import ", "import\\t", "#")):
                            answer["editable"].append(os.path.abspath(os.path.join(folder, line)))
            elif name.startswith("__editable__") and name.endswith(".py"):
                with open(path, encoding="utf-8", errors="replace") as file:
                    text = file.read()
                mapping = re.search(r"^MAPPING[^=]*= (.*)$", text, re.M)
                for top, place in ast.literal_eval(mapping.group(1)).items() if mapping else ():
                    answer["editable"].append(os.path.dirname(os.path.abspath(place)))
        except (OSError, ValueError, SyntaxError):
            pass
print("\\n" + json.dumps(answer))
"""


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    version: tuple[int, int, int]
    packages: dict[str, str]
    editable: tuple[str, ...]
    error: str


def find_interpreter(
    root: Path, folder: Path, explicit: Path | None, environment: Mapping[str, str]
) -> tuple[Interpreter, str]:
    """The first interpreter that has FastAPI, and how it was found.

    `explicit` is the only one tried when given. Raises TargetError naming all that were tried and what each lacks.
    """
    refused: list[str] = []
    seen: set[str] = set()
    candidates = [(explicit, "as given")] if explicit else _candidates(root, folder, environment)
    for path, how in candidates:
        absolute = Path(os.path.abspath(_executable(path, root)))  # noqa: PTH100 - resolve() would leave the venv
        if str(absolute) in seen:
            continue
        seen.add(str(absolute))
        answer = ask(absolute, environment)
        if isinstance(answer, Interpreter):
            return answer, f"{absolute} ({how}), Python {'.'.join(map(str, answer.version))}"
        refused.append(f"{absolute} ({how}): {answer}")
    raise TargetError(
        (
            "the interpreter given cannot run the service: "
            if explicit
            else "no interpreter can run the service: "
        )
        + "; ".join(refused),
        "Install the project's dependencies in an environment of its own, e.g. in .venv, "
        "or name the interpreter: `--python PATH`.",
    )


def ask(path: Path, environment: Mapping[str, str]) -> Interpreter | str:
    """What an interpreter is and has; a sentence saying why it will not do, if so."""
    if not path.is_file():
        return "there is no such file"
    if not os.access(path, os.X_OK):
        return "it is not executable"
    kept = {k: v for k, v in environment.items() if k not in {"PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP"}}
    with TemporaryFolder() as neutral:
        try:
            done = subprocess.run(
                [str(path), "-c", _QUESTION],
                cwd=neutral.path,
                env={**kept, "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_PATIENCE_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"it did not answer within {_PATIENCE_S} s"
        except OSError as error:
            return f"it cannot be started: {error.strerror}"
    lines = done.stdout.decode("utf-8", "replace").strip().splitlines()
    try:
        answer = msgspec.json.decode(lines[-1] if lines else "", type=_Answer)
    except msgspec.DecodeError:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return f"it is not a Python that can be used ({said[-1] if said else 'it said nothing'})"
    if answer.version[:2] < OLDEST:
        return f"it is Python {'.'.join(map(str, answer.version))}; pitstop needs {OLDEST[0]}.{OLDEST[1]} or newer"
    if answer.error:
        missing = "No module named 'fastapi'" in answer.error
        return "fastapi is not installed in it" if missing else f"fastapi cannot be imported ({answer.error})"
    editable = tuple(dict.fromkeys(Path(place) for place in answer.editable))
    return Interpreter(path=path, version=answer.version, packages=answer.packages, editable=editable)


def _executable(path: Path, root: Path) -> Path:
    """The interpreter itself where a person names an environment, a command or a path relative to the project."""
    if not path.is_absolute() and not path.exists():
        if (root / path).exists():
            path = root / path
        elif path.parent == Path() and (found := shutil.which(str(path))):
            path = Path(found)
    if path.is_dir():
        return _inside(path)
    return path


def _inside(environment: Path) -> Path:
    windows = environment / "Scripts" / "python.exe"
    return windows if windows.exists() else environment / "bin" / "python"


def _candidates(root: Path, folder: Path, environment: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    places = list(dict.fromkeys([folder, root]))
    for place in places:
        for name in (".venv", "venv", "env"):
            if (place / name / "pyvenv.cfg").is_file():
                yield place / name, f"the project's {name}"
    for name in ("UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV", "CONDA_PREFIX"):
        if value := environment.get(name):
            yield folder / value, name
    for place in places:
        for mark, tool, question in (
            ("poetry.lock", "poetry", ["env", "info", "--path"]),
            ("Pipfile", "pipenv", ["--venv"]),
        ):
            if (place / mark).is_file() and (command := shutil.which(tool, path=environment.get("PATH"))):
                answered = _said([command, *question], place, environment)
                if answered and Path(answered).is_dir():
                    yield Path(answered), f"{tool}'s environment"
    yield Path(sys.executable), "the one pitstop runs in"


def _said(command: list[str], cwd: Path, environment: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            command, cwd=cwd, env=dict(environment), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=20, check=True,
        )  # fmt: skip
    except (subprocess.SubprocessError, OSError, UnicodeDecodeError):
        return ""
    return done.stdout.strip()
