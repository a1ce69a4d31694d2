"""How a project starts its own server: the commands in its Dockerfile, Procfile, compose files and scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from pitstop.target.files import is_irrelevant, read, relative

_NAMES = re.compile(
    r"(?i)^(.*dockerfile.*|containerfile|procfile.*|(docker-)?compose[\w.-]*\.ya?ml|makefile|justfile|.*\.sh|"
    r"gunicorn[\w.]*\.py|gunicorn_conf\.py|fly\.toml|render\.yaml|app\.ya?ml|serverless\.ya?ml|supervisord?[\w.]*\.conf|"
    r"taskfile\.ya?ml|pyproject\.toml|railway\.(toml|json)|nixpacks\.toml)$"
)
_SERVER = re.compile(r"\b(uvicorn|gunicorn|hypercorn|granian|daphne|fastapi\s+(?:run|dev))\b([^\n;&|]*)")
_SPEC = re.compile(r"(?<![\w./:-])([A-Za-z_][\w.]*):([A-Za-z_]\w*)(\(\))?(?![\w:/.])")
_WSGI_APP = re.compile(r"""(?m)^\s*wsgi_app\s*=\s*["']([\w.]+):(\w+)(\(\))?["']""")
_SCRIPT = re.compile(r"(?:^|\s)([\w./-]+\.py)\b")
_LARGEST = 256 * 1024


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """An app as a start command names it. `file` is where the command stands, `folder` its `--app-dir`.

    `fastapi run` may name a `script` instead of a module.
    """

    file: str
    module: str = ""
    attribute: str = ""
    factory: bool = False
    folder: str = ""
    script: str = ""


def may_start(name: str) -> bool:
    """Whether a file of this name is there to say how the service is started, and for nothing else."""
    return name != "pyproject.toml" and _NAMES.match(name) is not None


def _files(root: Path) -> Iterator[Path]:
    """Files that may start a server, those nearest to the root first, three folders deep at most."""
    level = [root]
    for _ in range(3):
        below: list[Path] = []
        for folder in level:
            try:
                entries = sorted(folder.iterdir())
            except OSError:
                continue
            for entry in entries:
                if entry.is_dir():
                    if not entry.is_symlink() and not is_irrelevant(entry):
                        below.append(entry)
                elif _NAMES.match(entry.name) and entry.is_file() and entry.stat().st_size <= _LARGEST:
                    yield entry
        level = below


def _option(text: str, name: str) -> str:
    found = re.search(rf"{name}[= ]+(\S+)", text)
    return found.group(1) if found else ""


def read_commands(root: Path) -> list[Command]:
    """The apps that the project's own start commands name, nearest to `root` first, each once."""
    commands: list[Command] = []
    for path in _files(root):
        # list forms and commands broken over lines are read as one line of words
        text = re.sub(r"\\\r?\n", " ", read(path))
        if path.suffix in {".yml", ".yaml"}:
            text = re.sub(r"\n\s*-\s+(?=[^\s:]+(:\w+)?\s*\n)", " ", text + "\n")
        text = re.sub(r'["\'],\s*["\']', " ", text)
        text = re.sub(r'["\'\[\]]', " ", text) if path.suffix != ".py" else text
        lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
        where = relative(path, root)
        for found in _SERVER.finditer("\n".join(lines)):
            arguments = found.group(2)
            spec = _SPEC.search(arguments)
            script = _SCRIPT.search(arguments) if found.group(1).startswith("fastapi") else None
            if spec is not None:
                module, attribute, call = spec.groups()
                folder = _option(arguments, "--app-dir") or _option(arguments, "--chdir")
                factory = bool(call) or "--factory" in arguments
                commands.append(
                    Command(module=module, attribute=attribute, factory=factory, folder=folder, file=where)
                )
            elif script is not None:
                commands.append(Command(script=script.group(1), file=where))
        for module, attribute, call in _WSGI_APP.findall(text):
            commands.append(Command(module=module, attribute=attribute, factory=bool(call), file=where))
    return list(dict.fromkeys(commands))
