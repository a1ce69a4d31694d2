"""What is known of a service before it runs. All paths in it are relative to `Target.root`, unless they say otherwise."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec

from pitstop.data import Skipped

Part = Literal["url", "host", "port", "user", "password", "name"]


class App(msgspec.Struct, frozen=True, kw_only=True):
    """Where the application object is: `spec` is what a server is given, e.g. `app.main:app`.

    `file` is the module's file and `import_root` the folder that must be importable for `spec` to hold. `factory` says
    that the attribute is a function that makes the app.
    """

    spec: str
    file: str = ""
    import_root: str = "."
    factory: bool = False

    @property
    def command(self) -> str:
        """What a server is given on its command line."""
        return f"{self.spec} --factory" if self.factory else self.spec


class Interpreter(msgspec.Struct, frozen=True, kw_only=True):
    """A Python with FastAPI in it. `path` is absolute and its links are not followed: a virtual environment is one.

    `packages` are the installed distributions by normalised name. `editable` are the folders (absolute) that it imports
    straight from a source tree.
    """

    path: Path
    version: tuple[int, int, int]
    packages: dict[str, str] = {}
    editable: tuple[Path, ...] = ()


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """The project's tests. `arguments` are for pytest, relative to the folder `cwd`.

    `config` is the file pytest takes its settings from ("" if none), whose folder is pytest's rootdir and so the one
    that node ids are relative to; `options` are the `addopts` in it.
    """

    arguments: tuple[str, ...] = ()
    cwd: str = "."
    config: str = ""
    options: str = ""


class DatabaseVariable(msgspec.Struct, frozen=True, kw_only=True):
    """An environment variable that tells the service where its database is.

    `part` says whether it holds the whole URL or one part of it. `value` is what is in force now (environment, `.env`,
    default in the code), "" when unknown; `where` says in which file the name was seen.
    """

    name: str
    part: Part = "url"
    value: str = ""
    where: str = ""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A service that can be run in a copy: what to import, with which interpreter, what to test it with.

    `root` is absolute. `folder` is where the project itself sits, "." unless `root` is a repository of several.
    `import_roots` go on PYTHONPATH in the copy. `config` is the project's pyproject.toml, "" if it has none. `found`
    says in a person's words how each part was found, by the part's name.
    """

    root: Path
    interpreter: Interpreter
    folder: str = "."
    app: App | None = None
    import_roots: tuple[str, ...] = (".",)
    tests: Suite | None = None
    config: str = ""
    databases: tuple[DatabaseVariable, ...] = ()
    found: dict[str, str] = {}
    skipped: tuple[Skipped, ...] = ()

    @property
    def start(self) -> str:
        """The folder the service is started in, relative to `root`: relative paths and URLs of databases count from it.

        It is `folder`, but for one that is a package itself (its requirements.txt lies inside): nobody starts there, as
        nothing could be imported.
        """
        return starting_folder(self.folder, self.app)


def starting_folder(folder: str, app: App | None) -> str:
    """Where the app of the project in `folder` is started: `Target.start` without the target."""
    if app is not None and PurePosixPath(folder).is_relative_to(app.import_root):
        return app.import_root
    return folder
