"""Database URLs as SQLAlchemy writes them, taken apart without SQLAlchemy."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

import msgspec

from pitstop.errors import TargetError

System = Literal["postgresql", "sqlite", "other"]
MAINTENANCE = frozenset({"", "postgres", "template0", "template1"})
"""Databases that each PostgreSQL server has; "" stands for the one that is left to it."""
_PASSWORD = re.compile(r"(?<=://)([^/@]*?):([^@]*)@")


class DatabaseURL(msgspec.Struct, frozen=True, kw_only=True):
    """A database's address. `text` is the URL as given, `scheme` with its driver (`postgresql+asyncpg`).

    `name` is the database's name, or for SQLite the file as written ("" in memory).
    """

    text: str
    scheme: str
    system: System
    name: str
    query: dict[str, str] = {}

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a URL apart; the path of a file is taken as an SQLite database. Raises TargetError."""
        if "://" not in text:
            return cls(text=text, scheme="sqlite", system="sqlite", name=text)
        try:
            parts = urlsplit(text)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            _ = parts.port if "," not in parts.netloc else None
        except ValueError as error:
            raise TargetError(
                f"the database URL {hidden(text)} cannot be read: {error}",
                "Write it as postgresql://user:password@127.0.0.1:5432/name; quote special characters with %.",
            ) from error
        base = parts.scheme.partition("+")[0]
        system: System = "other"
        if base in {"postgresql", "postgres"}:
            system = "postgresql"
        elif base == "sqlite":
            system = "sqlite"
        path = unquote(parts.path)
        # sqlite:///relative.db, sqlite:////absolute.db
        name = path.removeprefix("/")
        if system == "sqlite" and name.startswith("file:"):
            name = name.removeprefix("file:")
        return cls(text=text, scheme=parts.scheme, system=system, name=name, query=query)

    @property
    def in_memory(self) -> bool:
        """Whether it is an SQLite database with no file."""
        return self.system == "sqlite" and (
            self.name in {"", ":memory:"} or self.query.get("mode") == "memory"
        )

    def file(self, folder: Path) -> Path:
        """The file of an SQLite database, relative ones seen from `folder`."""
        return folder / self.name

    def hosts(self, environment: Mapping[str, str]) -> tuple[str, ...]:
        """All hosts that a client would try, "" for the local socket; libpq's variables count where the URL is silent."""
        netloc = urlsplit(self.text).netloc.rpartition("@")[2]
        named = [_host(part) for part in netloc.split(",")] if netloc else []
        for key in ("host", "hostaddr"):
            named += self.query.get(key, "").split(",") if key in self.query else []
        named = [host for host in named if host] or environment.get("PGHOST", "").split(",")
        named += environment.get("PGHOSTADDR", "").split(",") if environment.get("PGHOSTADDR") else []
        return tuple(dict.fromkeys(unquote(host) for host in named))

    def renamed(self, name: str) -> str:
        """The URL of another database on the same server."""
        parts = urlsplit(self.text)
        made = urlunsplit((parts.scheme, parts.netloc, "/" + name, parts.query, parts.fragment))
        # urlunsplit drops the slashes before an empty netloc
        return made if "://" in made else made.replace(":", "://", 1)

    def moved(self, netloc: str) -> str:
        """The URL with another user, password, host and port (`netloc`); what belongs to the old server's goes."""
        parts = urlsplit(self.text)
        kept = urlencode({key: value for key, value in self.query.items() if key not in _OF_SERVER})
        return f"{parts.scheme}://{netloc}{parts.path}" + (f"?{kept}" if kept else "")

    def credentials(self) -> tuple[str, str]:
        """User and password, "" where the URL is silent."""
        parts = urlsplit(self.text)
        user = unquote(parts.username or "") or self.query.get("user", "")
        return user, unquote(parts.password or "") or self.query.get("password", "")

    def without_password(self) -> tuple[str, str]:
        """The address as libpq takes it, and the password apart: the command line of a process is seen by all."""
        user, password = self.credentials()
        parts = urlsplit(self.libpq(quote(self.name, safe="")))
        place = parts.netloc.rpartition("@")[2]
        netloc = f"{quote(user, safe='')}@{place}" if user else place
        kept = urlencode([each for each in parse_qsl(parts.query) if each[0] not in {"user", "password"}])
        return f"postgresql://{netloc}{parts.path}" + (f"?{kept}" if kept else ""), password

    def libpq(self, name: str) -> str:
        """The address of database `name` as libpq takes it: no driver, no argument that only a driver knows."""
        parts = urlsplit(self.text)
        known = {key: value for key, value in self.query.items() if key in _LIBPQ}
        if "ssl" in self.query and "sslmode" not in known:
            known["sslmode"] = "require" if self.query["ssl"].lower() in {"true", "1"} else self.query["ssl"]
        return f"postgresql://{parts.netloc}/{name}" + (f"?{urlencode(known)}" if known else "")


_LIBPQ = {
    "host", "hostaddr", "port", "user", "password", "passfile", "sslmode", "sslcert", "sslkey", "sslrootcert",
    "options", "connect_timeout", "application_name", "gssencmode", "channel_binding", "target_session_attrs",
}  # fmt: skip

_OF_SERVER = {
    "host", "hostaddr", "port", "user", "password", "passfile", "ssl", "sslmode", "sslcert", "sslkey", "sslrootcert",
    "gssencmode", "channel_binding", "target_session_attrs", "require_auth",
}  # fmt: skip


def _host(part: str) -> str:
    if part.startswith("["):
        return part[1:].partition("]")[0]
    return part.partition(":")[0]


def is_local(host: str) -> bool:
    """Whether a host is this machine beyond doubt: the loopback range, `localhost`, or a socket. No name is looked up."""
    if not host or host.startswith(("/", "@")) or host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def hidden(url: str) -> str:
    """The URL without its password, to be shown."""
    return _PASSWORD.sub(r"\1:***@", url)
