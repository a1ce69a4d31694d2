"""Finds the Python files of a tree and reads each into facts: once per content, in parallel, then from a cache."""

from __future__ import annotations

import gc
import hashlib
import os
import signal
import sqlite3
import sys
import threading
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path

import msgspec

from pitstop.data import Skipped
from pitstop.errors import PatchError
from pitstop.project.extract import FORMAT, extract
from pitstop.project.facts import ModuleFacts
from pitstop.project.newer import readable

_PRUNED = {
    "__pycache__",
    "__pypackages__",
    "node_modules",
    "site-packages",
    "test",
    "tests",
    "venv",
    "virtualenv",
}
_OUTPUT = {"build", "dist", "env"}
"""Left out as well where tools put them, beside one of `_MARKS`; elsewhere a service may be about builds or environments."""
_MARKS = ("pyproject.toml", "setup.py", "setup.cfg", "package.json", "Makefile")
_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
_PARALLEL_FROM = 1_500_000
"""Bytes of source from which a second process pays: below, its start (0.3 s) costs more than it saves."""


_DECODER = msgspec.msgpack.Decoder(ModuleFacts)


class SourceFile(msgspec.Struct, frozen=True):
    """One file of the tree. `text` is decoded as Python would decode it."""

    path: str
    text: str
    facts: ModuleFacts


def find(root: Path, exclude: Sequence[str] = ()) -> Iterator[str]:
    """Paths of the Python files under `root`, sorted, relative, with forward slashes.

    Hidden folders, virtual environments, build output and tests are left out: a finding in a test helps nobody.
    """
    for folder, names, files in os.walk(root):
        relative = Path(folder).relative_to(root).as_posix()
        prefix = "" if relative == "." else relative + "/"
        names[:] = sorted(
            name
            for name in names
            if name not in _PRUNED
            and not (name in _OUTPUT and _is_output(root, Path(folder), name))
            and not name.startswith(".")
            and not (Path(folder) / name / "pyvenv.cfg").exists()
            and not is_covered(prefix + name, exclude)
        )
        for name in sorted(files):
            if name.endswith(".py") and not _is_test(name) and not is_covered(prefix + name, exclude):
                yield prefix + name


def _is_output(root: Path, folder: Path, name: str) -> bool:
    if (folder / name / "__init__.py").exists():
        return False
    return folder == root or any((folder / mark).exists() for mark in _MARKS)


def is_covered(path: str, patterns: Iterable[str]) -> bool:
    """Whether a path lies in a folder, or matches a glob, of those given: `scripts`, `scripts/**`, `*_pb2.py`."""
    return any(
        Path(path).match(pattern) or path.startswith(pattern.removesuffix("**").rstrip("/") + "/")
        for pattern in patterns
    )


def _is_test(name: str) -> bool:
    return name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py")


def read(
    root: Path, paths: Iterable[str], cache: Path | None = None
) -> tuple[list[SourceFile], list[Skipped]]:
    """Facts of each file, in the order given; what cannot be read is skipped with its reason."""
    texts: dict[str, str] = {}
    skipped: list[Skipped] = []
    for path in paths:
        try:
            texts[path] = _decode((root / path).read_bytes())
        except (OSError, SyntaxError, UnicodeDecodeError, LookupError) as error:
            skipped.append(Skipped(stage="read", subject=path, reason=str(error)))
    digests = {path: _digest(text) for path, text in texts.items()}
    with paused_gc(), _open_cache(cache) as stored:
        known = {
            digest: facts
            for digest, raw in stored.get(set(digests.values())).items()
            if (facts := _decoded(raw))
        }
        missing = {digest: texts[path] for path, digest in digests.items() if digest not in known}
        reasons: dict[str, str] = {}
        for digest, outcome in _extract_all(missing):
            facts = _decoded(outcome) if isinstance(outcome, bytes) else None
            if isinstance(outcome, bytes) and facts is not None:
                known[digest] = facts
                stored.put(digest, outcome)
            else:
                reasons[digest] = outcome if isinstance(outcome, str) else "its tree cannot be read back"
    files = []
    for path, digest in digests.items():
        if digest in known:
            files.append(SourceFile(path, texts[path], known[digest]))
        else:
            skipped.append(Skipped(stage="read", subject=path, reason=reasons[digest]))
    return files, skipped


def read_text(path: str, text: str) -> SourceFile:
    """The facts of a text that lies in no file yet. Raises PatchError where it cannot be read."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    _, outcome = _extract_one((path, text))
    facts = _decoded(outcome) if isinstance(outcome, bytes) else None
    if facts is None:
        raise PatchError(f"{path}: {outcome if isinstance(outcome, str) else 'its tree cannot be read back'}")
    return SourceFile(path, text, facts)


def _decoded(raw: bytes) -> ModuleFacts | None:
    try:
        return _DECODER.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _decode(raw: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(BytesIO(raw).readline)
    return raw.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")


@contextmanager
def paused_gc() -> Iterator[None]:
    """Leaves memory uncollected while much is made that lives on."""
    # With collection on, each of its passes walks all trees alive: 3.4 times slower (FACTS, "Reading code").
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def may_fork() -> bool:
    """Whether a second process may begin as a copy of this one: it starts at once, but must not copy threads."""
    return sys.platform == "linux" and threading.active_count() == 1


def processes(workers: int) -> ProcessPoolExecutor:
    """Processes to share work with. Ctrl-C is for the first one alone: another that died with a lock in its hands would
    keep all of them waiting."""
    return ProcessPoolExecutor(
        workers,
        mp_context=get_context("fork" if may_fork() else "spawn"),
        initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),
    )


def _extract_all(texts: dict[str, str]) -> Iterator[tuple[str, bytes | str]]:
    workers = min(os.cpu_count() or 1, 8)
    left = dict(texts)
    if workers > 1 and sum(map(len, texts.values())) > _PARALLEL_FROM:
        with suppress(BrokenProcessPool), processes(workers) as pool:
            for digest, outcome in pool.map(_extract_one, texts.items(), chunksize=16):
                del left[digest]
                yield digest, outcome
    yield from map(_extract_one, left.items())


def _extract_one(item: tuple[str, str]) -> tuple[str, bytes | str]:
    """The digest with the encoded tree, or with the reason why there is none."""
    digest, text = item
    try:
        try:
            return digest, msgspec.msgpack.encode(extract(text))
        except SyntaxError:
            newer = readable(text)
            if newer == text:
                raise
            return digest, msgspec.msgpack.encode(extract(newer))
    except SyntaxError as error:
        return digest, f"syntax error for Python {_VERSION} in line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return digest, f"{type(error).__name__}: {error}"


class _Cache:
    """Encoded trees by digest of their source. Any failure of the cache only makes reading slower."""

    def __init__(self, connection: sqlite3.Connection | None) -> None:
        self._connection = connection

    def get(self, digests: set[str]) -> dict[str, bytes]:
        wanted = sorted(digests)
        found: dict[str, bytes] = {}
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            query = f"SELECT digest, facts FROM facts WHERE format = ? AND digest IN ({marks})"
            found.update(self._execute(query, (FORMAT, *part)))
        return found

    def put(self, digest: str, facts: bytes) -> None:
        self._execute("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", (FORMAT, digest, facts))

    def close(self) -> None:
        if self._connection is not None:
            try:
                self._connection.commit()
                self._connection.close()
            except sqlite3.Error:
                self._connection = None

    def _execute(self, query: str, parameters: tuple[object, ...]) -> list[tuple[str, bytes]]:
        if self._connection is None:
            return []
        try:
            return self._connection.execute(query, parameters).fetchall()
        except sqlite3.Error:
            self._connection = None
            return []


@contextmanager
def _open_cache(folder: Path | None) -> Iterator[_Cache]:
    connection = None
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(folder / "facts.sqlite", timeout=5)
            # What a crash of the machine loses is read again.
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS facts (format INTEGER, digest TEXT, facts BLOB, PRIMARY KEY (format, digest))"
            )
        except (OSError, sqlite3.Error):
            connection = None
    cache = _Cache(connection)
    try:
        yield cache
    finally:
        cache.close()
