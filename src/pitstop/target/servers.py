"""PostgreSQL servers of pitstop's own, one for each side, for suites that make databases of names that are fixed."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

from pitstop.errors import TargetError
from pitstop.target.copying import copy_file
from pitstop.target.database import client, connect
from pitstop.target.ports import free_port
from pitstop.target.programs import (
    INSTALL,
    Programs,
    SystemUser,
    choose,
    find_programs,
    identity,
    open_folder,
    system_user,
    usable_by,
)
from pitstop.target.transfer import Source, transfer
from pitstop.target.urls import MAINTENANCE, DatabaseURL
from pitstop.temporary import TemporaryFolder, remove_tree

_STARTS_WITHIN_S = 60.0
_STOPS_WITHIN_S = 10.0
_PORTS_TRIED = 5
_LOCALES = ("C.UTF-8", "en_US.UTF-8", "C")

_WATCH = """\
read _
[ "$(head -n 1 "$2/postmaster.pid" 2>/dev/null)" = "$1" ] && kill -QUIT "$1"
"""
"""Ends a server when the pipe from pitstop closes: even where pitstop was killed and could not end it itself."""

_SETTINGS: Mapping[str, object] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    # Nothing of it is needed after a crash.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": 0,
    "min_wal_size": "8MB",
    # Up to five of them run at once.
    "shared_buffers": "64MB",
    "max_connections": 200,
    "logging_collector": "off",
}


class PrivateServers:
    """Makes PostgreSQL servers that are all alike; a context manager that ends them and removes their data.

    Each has the databases `names`, empty, and those of `source` loaded into the one of its name. `holds` is the one that
    the service asks, where the URL it is handed leaves the name to it. The user of
    `user:password` is a superuser of theirs, and so is `postgres`; nobody else gets in. They listen on 127.0.0.1, each
    on a port that was free.

    `url` is the address handed to the service, of which the host, port and user are replaced; one without a name leaves
    the service the names that it has. `say` is told what could not be done and why.
    """

    def __init__(
        self,
        url: str,
        *,
        names: Sequence[str] = (),
        holds: str = "",
        source: Source | None = None,
        environment: Mapping[str, str] | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._parsed = DatabaseURL.parse(url)
        named, password = self._parsed.credentials()
        self.user = named or (environment or os.environ).get("PGUSER") or "postgres"
        self.password = password or secrets.token_hex(16)
        self._holds = holds
        self._names = [name for name in dict.fromkeys(names) if name not in MAINTENANCE]
        self._source = source
        self.are_bare = source is None
        """Whether nothing is to be loaded into them: their databases have no tables."""
        self._say = say
        self._folder: TemporaryFolder | None = None
        self._system_user: SystemUser | None = None
        self._programs: Programs | None = None
        self._timezone = "UTC"

    @property
    def version(self) -> int:
        """The servers' major version."""
        return self._ready()[1].version

    def __enter__(self) -> Self:
        client()
        programs = choose(find_programs(), self._source.version if self._source else None)
        if programs is None:
            raise TargetError("there is no PostgreSQL server on this machine that could be started", INSTALL)
        self._system_user = system_user()
        place = open_folder(self._system_user)
        self._folder = TemporaryFolder("pitstop-pg-", place)
        root = self._folder.path
        try:
            if self._system_user is not None:
                os.chown(root, self._system_user.user, self._system_user.group)
            self._programs = usable_by(programs, self._system_user, root / "programs")
            self._make()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove what was made. Does nothing twice."""
        if self._folder is not None:
            self._folder.remove()
            self._folder = None

    def side(self, folder: Path) -> PrivateServer:
        """A server, not yet started. There are no files whose place would depend on `folder`."""
        del folder
        root, _ = self._ready()
        return PrivateServer(self, root / secrets.token_hex(4))

    # --- what the servers are copied from ------------------------------------------------------------------------

    def _ready(self) -> tuple[Path, Programs]:
        if self._folder is None or self._programs is None:
            raise ValueError("the servers are made on entering")
        return self._folder.path, self._programs

    def _make(self) -> None:
        """Make the cluster that each server starts from, and stop it: only what is at rest can be copied."""
        root, programs = self._ready()
        source = self._source
        self._timezone = source.timezone if source else "UTC"
        self._initialise(root / "first", dict.fromkeys((*((source.collation,) if source else ()), *_LOCALES)))
        with PrivateServer(self, root / "first") as server:
            server.start()
            if self.user != "postgres":
                server.execute("CREATE ROLE postgres SUPERUSER LOGIN")
                server.execute(f"ALTER ROLE postgres PASSWORD {_text(self.password)}")
            for name in self._names:
                server.execute(f"CREATE DATABASE {_quoted(name)}")
            if source is not None and source.tables:
                reason = transfer(source, programs, server.address(source.name), root / "dump")
                if reason:
                    server.execute(f"DROP DATABASE {_quoted(source.name)}")
                    server.execute(f"CREATE DATABASE {_quoted(source.name)}")
                    self._say(reason)
            server.halt()
            (root / "first").rename(root / "template")

    def _initialise(self, data: Path, locales: Mapping[str, None]) -> None:
        root, _ = self._ready()
        secret = root / "password"
        secret.touch(mode=0o600)
        secret.write_text(self.password + "\n", "utf-8")
        self.own(secret)
        said = ""
        for locale in locales:
            done = self.run(
                "initdb", "-D", str(data), "-U", self.user, "--pwfile", str(secret), "-A", "password",
                "-E", "UTF8", "--locale", locale, "--wal-segsize", "1", "-N",
            )  # fmt: skip
            if done.returncode == 0:
                secret.unlink()
                return
            said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise TargetError(
            f"no PostgreSQL server of pitstop's own could be made: initdb: {said}",
            f"Is there room in {root.parent}, and may others enter it? TMPDIR names another folder.",
        )

    # --- for the servers -----------------------------------------------------------------------------------------

    def own(self, path: Path) -> None:
        """Give a file or folder to the user that runs the servers."""
        if self._system_user is not None:
            os.chown(path, self._system_user.user, self._system_user.group)

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the servers' user."""
        root, programs = self._ready()
        return subprocess.run(
            [str(programs.folder / program), *arguments],
            cwd=root,
            env=self._variables(),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            **identity(self._system_user),
        )

    def serve(self, data: Path, port: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a server on the data, in a session of its own: Ctrl-C is ours to handle."""
        root, programs = self._ready()
        settings = {**_SETTINGS, "port": port, "timezone": self._timezone}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return subprocess.Popen(
            [str(programs.folder / "postgres"), "-D", str(data), *options],
            cwd=root,
            env=self._variables(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **identity(self._system_user),
        )

    def copy(self, data: Path) -> None:
        """Lay a fresh copy of the cluster at `data`."""
        root, _ = self._ready()

        def copied(source: str, target: str) -> None:
            copy_file(Path(source), Path(target))
            self.own(Path(target))

        shutil.copytree(root / "template", data, symlinks=True, copy_function=copied)
        for folder, _, _ in os.walk(data):
            self.own(Path(folder))

    def url(self, port: int) -> str:
        """The URL for the service, of the scheme and with the arguments that it was given in."""
        return self._parsed.moved(
            f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@127.0.0.1:{port}"
        )

    def data(self, port: int) -> str:
        """The URL of the database that the service asks; `url`'s where nobody knows its name."""
        if not self._holds or self._parsed.name:
            return self.url(port)
        return DatabaseURL.parse(self.url(port)).renamed(self._holds)

    def _variables(self) -> dict[str, str]:
        root, _ = self._ready()
        return {"PATH": os.defpath, "HOME": str(root), "LC_ALL": "C"}


class PrivateServer:
    """One server of a side's own; see `target.sides.Side`."""

    def __init__(self, servers: PrivateServers, data: Path) -> None:
        self._servers = servers
        self._data = data
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address as the service is given it."""
        return self._servers.url(self._port)

    @property
    def data(self) -> str:
        """The address of the database that the service asks, with its name as far as that is known."""
        return self._servers.data(self._port)

    @property
    def allowed(self) -> tuple[str, ...]:
        """Every database of this server: nobody else's is there."""
        return (f"postgresql://127.0.0.1:{self._port}/*",)

    @property
    def environment(self) -> Mapping[str, str]:
        """What PostgreSQL's clients take where the address they are given is silent."""
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self._port),
            "PGUSER": self._servers.user,
            "PGPASSWORD": self._servers.password,
        }

    def __enter__(self) -> Self:
        try:
            if not self._data.exists():
                self.restore()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        remove_tree(self._data)

    def restore(self) -> None:
        """Put the server back to what it was at first, whatever databases were made or dropped since."""
        self.stop()
        remove_tree(self._data)
        self._servers.copy(self._data)
        self.start()

    def start(self) -> None:
        """Start the server and return when it answers. The port may be another one than before."""
        said = ""
        for _ in range(_PORTS_TRIED):
            self._port = self._port or free_port()
            log = self._data.with_name(f"{self._data.name}.log")
            with log.open("wb") as out:
                self._process = self._servers.serve(self._data, self._port, out)
            # It must not outlive us, even if we are killed: this pipe closes with us.
            self._watch = subprocess.Popen(
                ["/bin/sh", "-c", _WATCH, "pitstop-watch", str(self._process.pid), str(self._data)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            if self._answers():
                return
            said = (log.read_text("utf-8", "replace").strip().splitlines() or ["it said nothing"])[-1]
            self.stop()
            self._port = 0  # perhaps somebody took it in between
        raise TargetError(
            f"a PostgreSQL server of pitstop's own did not start: {said}",
            "Is there room in the temporary folder (TMPDIR)?",
        )

    def _answers(self) -> bool:
        assert self._process is not None
        end = time.monotonic() + _STARTS_WITHIN_S
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(TargetError):
                connect(DatabaseURL.parse(self.address("postgres")), "postgres").close()
                return True
            time.sleep(0.03)
        return False

    def address(self, name: str) -> str:
        """The URL of one of its databases, for ourselves."""
        user, password = quote(self._servers.user, safe=""), quote(self._servers.password, safe="")
        return f"postgresql://{user}:{password}@127.0.0.1:{self._port}/{quote(name, safe='')}"

    def execute(self, statement: str) -> None:
        """Run a statement in the maintenance database."""
        with closing(connect(DatabaseURL.parse(self.address("postgres")), "postgres")) as connection:
            try:
                connection.execute(statement.encode())
            except client().Error as error:
                raise TargetError(f"PostgreSQL refused to prepare a server: {str(error).strip()}") from error

    def halt(self) -> None:
        """Stop the server in good order, so that its data can be copied."""
        self._end(signal.SIGINT)

    def stop(self) -> None:
        """Stop the server at once. Does nothing twice."""
        self._end(signal.SIGQUIT)

    def _end(self, number: signal.Signals) -> None:
        watch, self._watch = self._watch, None
        process, self._process = self._process, None
        try:
            if process is not None and process.poll() is None:
                process.send_signal(number)
                try:
                    process.wait(_STOPS_WITHIN_S)
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGQUIT)
                    process.wait(_STOPS_WITHIN_S)
        finally:
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
            if watch is not None:
                watch.kill()
                watch.communicate()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
