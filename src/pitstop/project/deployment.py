"""How a service is started: by Dockerfiles, compose files, Procfiles, the scripts they name, Gunicorn's settings."""

from __future__ import annotations

import itertools
import os
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

_SERVERS = {"uvicorn", "gunicorn", "hypercorn", "granian", "fastapi"}
_DEVELOPING = {"ci", "debug", "dev", "devcontainer", "develop", "development", "example", "examples", "local"} | {
    "override", "sample", "staging", "test", "testing", "tests",
}  # fmt: skip
_PRODUCING = {"prod", "production", "deploy", "release"}
_SKIPPED = {"node_modules", "site-packages", "venv", "env", "__pycache__", "docs"}
_WORKER_IMAGES = re.compile(r"^(?:[\w.-]+/)*(?:uvicorn-gunicorn|uvicorn-gunicorn-fastapi)(?:[:@]|$)")
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'")
_DEEPEST = 4
_LARGEST = 200_000
"""Bytes: what is longer is no file that a person wrote to start a service."""

CORES = 1_000
"""Stands for `as many as the machine has cores`, or whatever else is more than one."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One command that starts a server."""

    path: str
    line: int
    text: str
    """The command as words, with blanks between them."""
    workers: int = 1
    """How many processes serve; `CORES` where the machine decides."""
    reloads: bool = False
    """Whether it watches the source and starts anew when a file changes."""
    develops: bool = False
    """Whether it is meant for developing: by the name of its file, stage or service, or by mounted source."""


class Deployment:
    """The files that say how a service is started, and the commands in them."""

    def __init__(self, root: Path) -> None:
        self.texts = dict(_read(root))
        """The files by their path, as they are."""
        self.launches = tuple(self._launches())

    @property
    def mounts_source(self) -> bool:
        """Whether some compose file puts a folder of the host into a container."""
        return any(
            _mounts_source(text) for path, text in self.texts.items() if path.endswith((".yml", ".yaml"))
        )

    @property
    def serving(self) -> Launch | None:
        """The command that serves, where it says with how many processes; None where several say otherwise, or the machine decides."""
        known = [launch for launch in self.launches if not launch.develops and not launch.reloads]
        numbers = {launch.workers for launch in known}
        return known[0] if len(numbers) == 1 and CORES not in numbers else None

    def _launches(self) -> Iterator[Launch]:
        for path, text in self.texts.items():
            name = path.rpartition("/")[2].lower()
            if name.endswith(".sh"):
                continue
            if name.endswith(".py"):
                found = _of_gunicorn(path, text)
            elif "dockerfile" in name:
                found = _of_dockerfile(path, text)
            elif name == "procfile":
                found = _of_procfile(path, text)
            else:
                found = _of_compose(path, text)
            for launch in found:
                developing = launch.develops or bool(_words(path) & _DEVELOPING)
                for each in self._followed(launch):
                    yield replace(each, develops=each.develops or developing or self._has_twin(path))

    def _followed(self, launch: Launch) -> Iterator[Launch]:
        """The command itself, or what the script that it names starts."""
        if _starts(launch.text) or launch.path.endswith(".py"):
            yield launch
            return
        for word in launch.text.split():
            script = word.strip("\"';").rpartition("/")[2]
            if not script.endswith(".sh"):
                continue
            for path, text in self.texts.items():
                if path.rpartition("/")[2] == script:
                    for line, command in enumerate(text.splitlines(), 1):
                        # What is indented is one branch of several.
                        if command[:1].strip() and _starts(command) and not command.startswith("#"):
                            yield _told(path, line, command, launch.workers, develops=launch.develops)

    def _has_twin(self, path: str) -> bool:
        """Whether a file of the same kind says that it is the one for production."""
        name = path.rpartition("/")[2].lower()
        if _words(name) & _PRODUCING:
            return False
        kind = next((kind for kind in ("dockerfile", "compose", "gunicorn") if kind in name), "procfile")
        return any(
            kind in other.rpartition("/")[2].lower() and _words(other.rpartition("/")[2]) & _PRODUCING
            for other in self.texts
        )


def _read(root: Path) -> Iterator[tuple[str, str]]:
    top = str(root)
    for folder, folders, names in os.walk(top):
        depth = folder[len(top) :].count(os.sep)
        kept = (f for f in folders if f not in _SKIPPED and not f.startswith(".") and not f.endswith("venv"))
        folders[:] = sorted(kept) if depth < _DEEPEST else []
        for name in sorted(names):
            if not _is_told(name.lower()):
                continue
            path = Path(folder, name)
            try:
                if path.stat().st_size <= _LARGEST:
                    yield path.relative_to(root).as_posix(), path.read_text("utf-8", "replace")
            except OSError:
                continue


def _is_told(name: str) -> bool:
    if name.endswith((".yml", ".yaml", ".py")):
        return "compose" in name if not name.endswith(".py") else name.startswith("gunicorn")
    if name.endswith(".sh"):
        return True
    return name == "procfile" or name.startswith("dockerfile") or name.endswith(".dockerfile")


# --- files ---------------------------------------------------------------------------------------------------


def _of_dockerfile(path: str, text: str) -> Iterator[Launch]:
    """What the last stage of a Dockerfile starts; the other stages are parts of it, or for developing."""
    entry, command, line, workers, from_image, developing = "", "", 0, 1, 1, False
    for number, instruction, rest in _instructions(text):
        match instruction:
            case "FROM":
                image, _, stage = rest.partition(" ")
                entry, command, line, developing = "", "", 0, bool(_words(stage) & _DEVELOPING)
                workers, from_image = 1, CORES if _WORKER_IMAGES.match(image) else 1
                if from_image > 1:
                    line, command = number, f"gunicorn {image}"
            case "ENV":
                workers = _concurrency(rest, workers)
                from_image = workers if workers > 1 else from_image
                developing = developing or _says_developing(rest)
            case "ENTRYPOINT":
                entry, line, command, from_image = _command(rest), number, "", 1
            case "CMD":
                command, line, from_image = _command(rest), number, 1
            case _:
                continue
    if line:
        yield _told(path, line, f"{entry} {command}".strip(), max(workers, from_image), develops=developing)


def _instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """The instructions of a Dockerfile: the line where each begins, its word, and the rest on one line."""
    begun, kept = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if bare.startswith("#") or (not bare and not kept):
            continue
        begun = begun if kept else number
        kept = f"{kept} {bare}".strip()
        if kept.endswith("\\"):
            kept = kept[:-1].rstrip()
            continue
        word, _, rest = kept.partition(" ")
        yield begun, word.upper(), rest.strip()
        kept = ""


def _of_gunicorn(path: str, text: str) -> Iterator[Launch]:
    """What a settings file of Gunicorn, itself Python, says: `workers = 4`, `reload = True`."""
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r"(workers|reload)\s*(?::\s*\w+\s*)?=\s*([^#]+)", line)
        if found is None:
            continue
        value = found[2].strip()
        if found[1] == "reload" and value == "True":
            yield Launch(path, number, "reload = True", reloads=True)
        elif found[1] == "workers" and (value.isdigit() or "cpu_count()" in value):
            yield Launch(path, number, f"workers = {value}", int(value) if value.isdigit() else CORES)


def _of_procfile(path: str, text: str) -> Iterator[Launch]:
    for number, line in enumerate(text.splitlines(), 1):
        kind, _, command = line.partition(":")
        if command and not kind.startswith("#"):
            yield _told(path, number, command.strip(), 1, develops=False)


def _of_compose(path: str, text: str) -> Iterator[Launch]:
    """What the services of a compose file start, read by indentation."""
    lines = text.splitlines()
    services = next((n for n, line in enumerate(lines) if re.match(r"services:\s*(#.*)?$", line)), None)
    if services is None:
        return
    inner = _block(lines, services)
    step = min((_indent(lines[n]) for n in inner), default=0)
    for number in inner:
        if _indent(lines[number]) != step:
            continue
        name = lines[number].strip().rstrip(":").strip("\"'")
        block = _block(lines, number)
        keys = min((_indent(lines[n]) for n in block), default=0)
        whole = "\n".join(lines[n] for n in block)
        developing = bool(_words(name) & _DEVELOPING) or _says_developing(whole) or _mounts_source(whole)
        workers = _concurrency(whole, 1)
        copies = re.search(r"^\s*replicas:\s*(\d+)", whole, re.MULTILINE)
        workers = max(workers, int(copies[1])) if copies else workers
        for n in block:
            found = re.match(r"\s*(command|entrypoint):\s*(.*)$", lines[n])
            if found is None or _indent(lines[n]) != keys:
                continue
            more = [lines[m].strip().removeprefix("- ") for m in _block(lines, n)]
            first = "" if found[2].strip() in {"|", ">", "|-", ">-"} else found[2].strip()
            words = " ".join(word.strip("\"'") for word in more)
            yield _told(path, n + 1, f"{_command(first)} {words}".strip(), workers, develops=developing)


def _block(lines: Sequence[str], start: int) -> list[int]:
    """The lines below one that are indented more, but for blank ones and comments."""
    found = []
    own = _indent(lines[start])
    for number in range(start + 1, len(lines)):
        bare = lines[number].strip()
        if not bare or bare.startswith("#"):
            continue
        # A list may stand as far to the left as its key.
        if _indent(lines[number]) < own or (_indent(lines[number]) == own and not bare.startswith("- ")):
            break
        found.append(number)
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _mounts_source(service: str) -> bool:
    """Whether a service sees a folder of the host: then its code changes while it runs."""
    if re.search(r"^\s*(develop|watch):", service, re.MULTILINE):
        return True
    return bool(
        re.search(r"^\s*-\s*[\"']?(\.{1,2}/?[\w./-]*|\$\{?PWD\}?[\w./-]*):/", service, re.MULTILINE)
        or re.search(r"^[\s-]*source:\s*[\"']?(\.|\$\{?PWD)", service, re.MULTILINE)
    )


def _says_developing(text: str) -> bool:
    return bool(
        re.search(
            r"\b\w*(?:ENV|ENVIRONMENT|MODE|TARGET|STAGE)\b[\"']?\s*[=: ]\s*[\"']?(?:dev|local|test|ci\b)",
            text,
            re.IGNORECASE,
        )
    ) or bool(
        re.search(
            r"\b(?:\w*_)?(?:DEBUG|(?:DEV|TEST)_MODE)[\"']?\s*[=:]\s*[\"']?(?:1|true|yes)", text, re.IGNORECASE
        )
    )


# --- commands ------------------------------------------------------------------------------------------------


def _command(text: str) -> str:
    """A command as words, from its list or its text."""
    if text.startswith("["):
        return " ".join(double or single for double, single in _QUOTED.findall(text))
    return text.strip("\"'")


def _starts(text: str) -> bool:
    return any(word.strip("\"'").rpartition("/")[2] in _SERVERS for word in text.split())


def _told(path: str, line: int, text: str, workers: int, *, develops: bool) -> Launch:
    words = _split(text)
    # `fastapi dev` reloads by itself; of uvicorn's short options none does.
    reloads = "--reload" in words or any(a == "fastapi" and b == "dev" for a, b in itertools.pairwise(words))
    for word, following in zip(words, [*words[1:], ""], strict=False):
        name, _, given = word.partition("=")
        if name in {"--workers", "-w", "--web-concurrency"}:
            workers = _number(given or following)
    return Launch(path, line, " ".join(words), 1 if reloads else workers, reloads, develops)


def _split(text: str) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    # `sh -c "uvicorn ..."` holds the command as one word.
    return [inner for word in words for inner in (word.split() if " " in word else [word])]


def _number(text: str) -> int:
    """A number of workers; a variable with a default counts as its default, one without as one."""
    found = re.search(r"\d+", text)
    return int(found[0]) if found and re.fullmatch(r"\d+|\$\{\w+:?-\d+\}", text) else 1


def _concurrency(text: str, workers: int) -> int:
    found = re.search(r"\bWEB_CONCURRENCY[\"']?\s*[=: ]\s*[\"']?(\d+)", text)
    return int(found[1]) if found else workers


def _words(text: str) -> set[str]:
    return set(re.split(r"[^a-z0-9]+", text.lower()))
