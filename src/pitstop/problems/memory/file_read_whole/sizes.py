"""How large a file may be, as far as its name says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from pitstop.problems.memory.file_read_whole.reads import Read
from pitstop.project.facts import Attr, Expr, Name, children

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo

_LOGS = {"log", "logfile"}
_GROWING = {
    "archive", "artifact", "attachment", "audio", "backup", "blob", "csv", "dataset", "download",
    "downloaded", "dump", "export",
    "exported", "fasta", "fastq", "jsonl", "media", "ndjson", "parquet", "tar", "transcript", "tsv",
    "upload", "uploaded",
    "vcf", "video", "wav", "zip",
}  # fmt: skip
_SMALL = {
    "cert", "certificate", "cgroup", "changelog", "config", "configuration", "env", "css", "favicon", "html",
    "icon", "ini", "js", "key",
    "license", "locale", "lock", "manifest", "meta", "metadata", "pem", "pid", "proc", "prompt", "py",
    "pyproject", "readme",
    "requirement", "schema", "secret", "setting", "sql", "template", "token", "toml", "translation", "version",
    "yaml", "yml",
}  # fmt: skip

Size = Literal["small", "grows", ""]


def size_of(project: Project, function: FunctionInfo, read: Read) -> Size:
    """What the names around a file tell of its size: that it is small, that it grows with use, or nothing."""
    if "BytesIO" in project.types.type_of(read.path, function).name or _is_text(project, read.path, function):
        return "small"
    told = _words(function, read.path)
    named = told | _split(function.name)
    if named & _SMALL:
        return "small"
    if named & _LOGS:
        return "grows"
    if read.source != "file":
        return "grows" if read.source == "download" or named & _GROWING else ""
    if not _varies(function, read.path):
        # One file that the code names comes with the service.
        return "small"
    return "grows" if named & _GROWING else ""


def _is_text(project: Project, path: Expr, function: FunctionInfo) -> bool:
    """Whether a reader of tables is given text that is in memory as it is."""
    return "StringIO" in project.types.type_of(path, function).name


def _words(function: FunctionInfo, path: Expr) -> set[str]:
    found = _split(function.module.text(path))
    for name in _names(path):
        for binding in function.bindings.get(name, ()):
            if binding.how == "value" and binding.value is not None:
                found |= _split(function.module.text(binding.value))
            parameter = binding.parameter
            if parameter is not None and parameter.annotation is not None:
                found |= _split(function.module.text(parameter.annotation))
    return found


def _split(text: str) -> set[str]:
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text)
    words = re.split(r"[^a-z0-9]+", spaced.lower())
    return {word.removesuffix("s") for word in words} | set(words)


def _varies(function: FunctionInfo, path: Expr, depth: int = 0) -> bool:
    """Whether which file it is differs from call to call: by a parameter, a loop, or what was worked out from them."""
    if depth > 5:
        return True
    stack = [path]
    while stack:
        current = stack.pop()
        if (
            isinstance(current, Attr)
            and isinstance(current.value, Name)
            and current.value.id in {"self", "cls"}
        ):
            return True
        if isinstance(current, Name):
            for binding in function.bindings.get(current.id, ()):
                if binding.how in {"parameter", "element", "enter"}:
                    return True
                value = binding.value if binding.how == "value" else None
                if value is not None and _varies(function, value, depth + 1):
                    return True
        stack.extend(children(current))
    return False


def _names(path: Expr) -> set[str]:
    found: set[str] = set()
    stack = [path]
    while stack:
        current = stack.pop()
        if isinstance(current, Name):
            found.add(current.id)
        stack.extend(children(current))
    return found
