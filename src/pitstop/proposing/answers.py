"""What a model answered → edits of the files that it was shown. Whatever does not fit is refused, with the reason it can be told."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from pitstop.errors import PatchError

OLD, BETWEEN, NEW = "<<<<<<< OLD", "=======", ">>>>>>> NEW"
_BLOCK = re.compile(
    rf"^FILE:[ \t]*(?P<path>\S[^\n]*?)[ \t]*\n(?:```[^\n]*\n)?{OLD}[ \t]*\n(?P<old>.*?)^{BETWEEN}[ \t]*\n(?P<new>.*?)^{NEW}[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_LINE = re.compile(r"^(?P<name>TITLE|RISK|DECLINE):[ \t]*(?P<text>\S.*?)[ \t]*$", re.MULTILINE)
_EDITS = 12
_LINES = 200
_TITLE = 100
_IGNORES = re.compile(r"#\s*pitstop:\s*ignore")

_IMPORTS = frozenset(
    {
        *(
            "__future__",
            "abc",
            "anyio",
            "array",
            "asyncio",
            "base64",
            "bisect",
            "collections",
            "contextlib",
            "contextvars",
        ),
        *(
            "copy",
            "dataclasses",
            "datetime",
            "decimal",
            "enum",
            "fastapi",
            "functools",
            "hashlib",
            "heapq",
            "html",
        ),
        *(
            "io",
            "itertools",
            "json",
            "logging",
            "math",
            "operator",
            "pydantic",
            "queue",
            "random",
            "re",
            "secrets",
        ),
        *(
            "sqlalchemy",
            "starlette",
            "statistics",
            "string",
            "threading",
            "time",
            "types",
            "typing",
            "typing_extensions",
        ),
        *("unicodedata", "uuid", "warnings", "weakref", "zlib", "zoneinfo"),
    }
)
"""What a proposal may import that its file does not yet: nothing that reaches files, processes or other machines by itself. What the
project imports elsewhere it may as well."""
_BUILTINS = frozenset(
    {
        *(
            "__builtins__",
            "__import__",
            "breakpoint",
            "compile",
            "eval",
            "exec",
            "getattr",
            "globals",
            "input",
            "locals",
            "open",
        ),
        *("setattr", "vars"),
    }
)
_METHODS = frozenset(
    {
        *(
            "__builtins__",
            "__globals__",
            "__subclasses__",
            "create_connection",
            "create_subprocess_exec",
            "rmdir",
            "rmtree",
            "symlink_to",
        ),
        *(
            "create_subprocess_shell",
            "open_connection",
            "run_coroutine_threadsafe",
            "unlink",
            "urlopen",
            "write_bytes",
            "write_text",
        ),
    }
)
"""Names that reach past the service, or past what can be read of it: a proposal may only use those which its file uses already."""
_FOREIGN = frozenset(
    {
        "ctypes",
        "importlib",
        "marshal",
        "multiprocessing",
        "os",
        "pickle",
        "pty",
        "shutil",
        "signal",
        "socket",
        "subprocess",
        "sys",
    }
)
"""Never imported anew, wherever else the project does."""


class Edit(msgspec.Struct, frozen=True):
    """Whole lines of a file that are to be replaced by others."""

    path: str
    old: str
    new: str


class Proposal(msgspec.Struct, frozen=True):
    """What is to be changed, under which title, and what the model says of its risk."""

    title: str
    risk: str
    edits: tuple[Edit, ...]


class Refusal(msgspec.Struct, frozen=True):
    """That the model proposes nothing, and why."""

    reason: str


def parse(text: str) -> Proposal | Refusal:
    """The answer as data. Raises PatchError where it has not the form that was asked for."""
    text = text.replace("\r\n", "\n")
    edits = tuple(
        Edit(found["path"].strip("`\"' "), found["old"], found["new"]) for found in _BLOCK.finditer(text)
    )
    outside = _BLOCK.sub("", text)
    said = {found["name"]: found["text"] for found in _LINE.finditer(outside)}
    if not edits and "DECLINE" in said:
        return Refusal(said["DECLINE"])
    if not edits or any(mark in outside for mark in (OLD, NEW)):
        raise PatchError(
            f"the answer has no block of the form `FILE: path`, `{OLD}`, `{BETWEEN}`, `{NEW}`, nor a line `DECLINE: reason`"
        )
    if len(edits) > _EDITS:
        raise PatchError(f"the answer has {len(edits)} blocks; at most {_EDITS} are taken")
    lines = sum(edit.new.count("\n") for edit in edits)
    if lines > _LINES:
        raise PatchError(f"the answer has {lines} new lines; at most {_LINES} are taken")
    return Proposal(" ".join(said.get("TITLE", "").split())[:_TITLE], said.get("RISK", ""), edits)


def applied(edits: Sequence[Edit], texts: Mapping[str, str], imported: frozenset[str]) -> dict[str, str]:
    """The new text of each file that the edits change; `texts` holds those that were shown.

    Each edit must fit exactly once, and what it brings must parse and reach nothing that the file does not reach already; `imported`
    are the first names of what the project imports. Raises PatchError with a reason that can be told to the model.
    """
    made: dict[str, str] = {}
    for path in dict.fromkeys(edit.path for edit in edits):
        if path not in texts:
            raise PatchError(
                f"{path} is not one of the files that were shown; only these can be changed: {', '.join(texts)}"
            )
        before = texts[path]
        ending = "\r\n" if "\r\n" in before else "\n"
        text = before.replace("\r\n", "\n").removeprefix("\ufeff")
        spans = [_span(edit, text) for edit in edits if edit.path == path]
        after = _replaced(text, spans, path)
        if after == text:
            raise PatchError(f"the edits of {path} change nothing")
        _check(path, text, after, imported)
        mark = "\ufeff" if before.startswith("\ufeff") else ""
        made[path] = mark + after.replace("\n", ending)
    return made


def _span(edit: Edit, text: str) -> tuple[int, int, str]:
    """Where the old lines stand in a text, which they do once, and what is to stand there."""
    if not edit.old.strip():
        raise PatchError(f"{edit.path}: the part after `{OLD}` is empty; give the lines that are there")
    starts = [
        found.start()
        for found in re.finditer(rf"^{re.escape(edit.old.rstrip(chr(10)))}$", text, re.MULTILINE)
    ]
    first = edit.old.strip().splitlines()[0].strip()
    if not starts:
        raise PatchError(
            f"{edit.path}: the lines after `{OLD}` that begin with `{first}` are not in the file exactly so"
        )
    if len(starts) > 1:
        raise PatchError(
            f"{edit.path}: the lines that begin with `{first}` are there {len(starts)} times; give more of the lines around them"
        )
    end = starts[0] + len(edit.old.rstrip("\n"))
    new = edit.new.rstrip("\n")
    if not new and text[end : end + 1] == "\n":
        end += 1
    return starts[0], end, new


def _replaced(text: str, spans: Sequence[tuple[int, int, str]], path: str) -> str:
    parts: list[str] = []
    position = 0
    for start, end, new in sorted(spans):
        if start < position:
            raise PatchError(f"{path}: two blocks change the same lines")
        parts += (text[position:start], new)
        position = end
    return "".join([*parts, text[position:]])


def _check(path: str, before: str, after: str, imported: frozenset[str]) -> None:
    """Raise PatchError where the new text does not compile, or brings what a proposal must not bring."""
    try:
        tree = ast.parse(after)
        compile(after, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) else ""
        raise PatchError(f"{path}{line} would not parse: {getattr(error, 'msg', error)}") from error
    if len(_IGNORES.findall(after)) > len(_IGNORES.findall(before)):
        raise PatchError(f"{path}: a comment that hides the finding is no repair")
    known = ast.parse(before)
    brought = set(_imports(tree)) - set(_imports(known))
    if strange := sorted(name for name in brought if name in _FOREIGN or name not in _IMPORTS | imported):
        raise PatchError(
            f"{path}: it must not import {', '.join(strange)}, which the file does not import now"
        )
    if reaching := sorted(set(_reaching(tree)) - set(_reaching(known))):
        raise PatchError(f"{path}: it must not use {', '.join(reaching)}, which the file does not use now")


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _reaching(tree: ast.Module) -> Iterator[str]:
    """What is used that reaches past the service, as it is written."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) if name in _BUILTINS:
                yield name
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner in _FOREIGN or name in _METHODS:
                yield f"{owner}.{name}"
            case ast.Attribute(attr=name) if name in _METHODS:
                yield name
            case ast.ImportFrom(module=str() as module, names=names) if module.partition(".")[0] in _FOREIGN:
                yield from (alias.name for alias in names)
