"""Calls that give the whole content of a file, and the file that they read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pitstop.project.facts import Attr, Await, Call, Const, Expr, Name

if TYPE_CHECKING:
    from pitstop.project import Project
    from pitstop.project.model import FunctionInfo
    from pitstop.project.sites import Site

_OPENERS = {
    "builtins.open",
    "io.open",
    "aiofiles.open",
    "anyio.open_file",
    "gzip.open",
    "bz2.open",
    "lzma.open",
}
_OWN_OPENERS = {"pathlib.Path.open", "anyio.Path.open"}
_PATH_READS = {
    "pathlib.Path.read_text",
    "pathlib.Path.read_bytes",
    "anyio.Path.read_text",
    "anyio.Path.read_bytes",
}
_STREAMS = {
    "urllib.request.urlopen",
    "zipfile.ZipFile.open",
    "tarfile.TarFile.extractfile",
    "tempfile.NamedTemporaryFile",
    "tempfile.TemporaryFile",
}
_DOWNLOADS = {"requests.get", "requests.post", "requests.Session.get", "httpx.get", "httpx.post"} | {
    "httpx.Client.get", "httpx.AsyncClient.get", "httpx.AsyncClient.post",
}  # fmt: skip
_UPLOADS = ("fastapi.UploadFile", "fastapi.datastructures.UploadFile", "starlette.datastructures.UploadFile")
_FILES = {"typing.IO", "typing.BinaryIO", "typing.TextIO", "IO", "BinaryIO", "TextIO"}
_IN_MEMORY = {"BytesIO", "StringIO"}
_TABLES = {"pandas.read_csv", "pandas.read_table"}
_IN_PARTS = {"chunksize", "iterator", "nrows"}


@dataclass(frozen=True, slots=True)
class Read:
    """One reading of a whole file."""

    site: Site
    path: Expr
    """What names the file."""
    how: Literal["lines", "text", "rows"]
    """What it gives: a list of lines, one string or bytes, a data frame."""
    source: Literal["file", "download", "stream"] = "file"
    """What is read; a stream is something else with a method `read`."""


def reads(project: Project, function: FunctionInfo) -> Iterator[Read]:
    """The readings of whole files in a function."""
    for site in function.sites:
        if site.rescue or site.in_lambda:
            continue
        if isinstance(site.node, Call) and isinstance(site.node.func, Attr):
            yield from _called(project, function, site, site.node, site.node.func)
        elif isinstance(site.node, Attr) and site.node.attr == "content":
            made = _made(site.node.value, function)
            if made is not None and project.types.type_of(made.func, function).name in _DOWNLOADS:
                # With `stream=True`, `content` still brings all of it.
                yield Read(site, made, "text", "download")


def _called(project: Project, function: FunctionInfo, site: Site, call: Call, method: Attr) -> Iterator[Read]:
    name = method.attr
    if name in {"read", "readlines"} and not call.args and not call.keywords:
        path = opened(project, method.value, function)
        if path is not None:
            yield Read(site, path, "lines" if name == "readlines" else "text")
        elif name == "read":
            yield from _streamed(project, function, site, method.value)
    elif name in {"read_text", "read_bytes"}:
        # `Path(a) / b` has no type here, but only paths have these methods.
        if project.types.type_of(method, function).name in {"", *_PATH_READS}:
            yield Read(site, method.value, "text")
    elif name in {"read_csv", "read_table"} and call.args:
        named = project.types.type_of(method, function).name in _TABLES
        if named and not any(k.name is None or k.name in _IN_PARTS for k in call.keywords):
            yield Read(site, call.args[0], "rows")


def _streamed(project: Project, function: FunctionInfo, site: Site, file: Expr) -> Iterator[Read]:
    """A reading of something that was not opened here: an upload is another problem, a buffer is in memory as it is."""
    inner = file.value if isinstance(file, Attr) and file.attr == "file" else file
    kind = project.types.type_of(inner, function).name
    if kind in _UPLOADS or kind.rpartition(".")[2] in _IN_MEMORY:
        return
    made = _made(file, function)
    name = project.types.type_of(made.func, function).name if made is not None else ""
    if made is not None and name == "urllib.request.urlopen":
        yield Read(site, made, "text", "download")
    elif made is not None and (name in _STREAMS or name.startswith("tarfile.")):
        yield Read(site, made, "text", "stream")
    elif (not kind or kind in _FILES) and not site.awaited:
        yield Read(site, file, "text", "stream")


def _made(expr: Expr, function: FunctionInfo) -> Call | None:
    """The call that an expression is, or that the name in it is bound to, once."""
    if isinstance(expr, Name):
        values = function.bindings.get(expr.id, [])
        if len(values) != 1 or values[0].how not in {"enter", "value"} or values[0].value is None:
            return None
        expr = values[0].value
    if isinstance(expr, Await):
        expr = expr.value
    return expr if isinstance(expr, Call) else None


def opened(project: Project, file: Expr, function: FunctionInfo, modes: str = "r") -> Expr | None:
    """What names the file that an expression is, where it was opened in this function to be read."""
    call = _made(file, function)
    if call is None:
        return None
    name = project.types.type_of(call.func, function).name
    own = name in _OWN_OPENERS
    if not own and name not in _OPENERS:
        return None
    mode = call.argument(0 if own else 1, "mode")
    text = mode.value if isinstance(mode, Const) and isinstance(mode.value, str) else "r"
    if text[:1] not in modes:
        return None
    if own:
        return call.func.value if isinstance(call.func, Attr) else None
    return call.argument(0, "file")
