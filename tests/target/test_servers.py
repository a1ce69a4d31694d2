"""PostgreSQL servers of pitstop's own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from pitstop.errors import TargetError, UnsafeDatabaseError
from pitstop.target import moving, programs, servers, transfer
from pitstop.target.model import DatabaseVariable, Interpreter, Target
from pitstop.target.moving import advice, own_servers
from pitstop.target.programs import INSTALL, Programs, choose, find_programs
from pitstop.target.servers import PrivateServer, PrivateServers
from pitstop.target.sides import Database
from pitstop.target.transfer import look
from pitstop.target.urls import DatabaseURL
from pitstop.temporary import remove_tree

GIVEN = "postgresql+asyncpg://me:p%40ss@db.example.com:6543/shop?sslmode=require&application_name=shop"
HERE = Path()

pytestmark = pytest.mark.xdist_group("own-servers")


def rows(url: str, *statements: str, name: str = "") -> list[tuple[Any, ...]]:
    parsed = DatabaseURL.parse(url)
    found: list[tuple[Any, ...]] = []
    with psycopg.connect(parsed.libpq(name or parsed.name), autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
            found = cursor.fetchall() if cursor.description else []
    return found


def listening(url: str) -> bool:
    try:
        rows(url, "SELECT 1", name="postgres")
    except psycopg.OperationalError:
        return False
    return True


def gone(url: str) -> bool:
    end = time.monotonic() + 20
    while listening(url) and time.monotonic() < end:
        time.sleep(0.05)
    return not listening(url)


@pytest.fixture(scope="module")
def alike() -> Iterator[PrivateServers]:
    with PrivateServers(GIVEN, names=("shop", 'odd "name"', "postgres")) as made:
        yield made


@pytest.fixture
def side(alike: PrivateServers) -> Iterator[PrivateServer]:
    with alike.side(HERE) as started:
        yield started


def test_the_address_differs_only_in_where_it_is(side: PrivateServer) -> None:
    port = side.environment["PGPORT"]
    assert side.url == f"postgresql+asyncpg://me:p%40ss@127.0.0.1:{port}/shop?application_name=shop"
    assert side.allowed == (f"postgresql://127.0.0.1:{port}/*",)
    assert side.environment["PGUSER"] == "me"
    assert side.environment["PGPASSWORD"] == "p@ss"


def test_the_databases_that_are_named_are_there_and_its_user_may_make_more(side: PrivateServer) -> None:
    names = {row[0] for row in rows(side.url, "SELECT datname FROM pg_database")}
    assert names == {"shop", 'odd "name"', "postgres", "template0", "template1"}
    rows(side.url, "CREATE DATABASE test_db_gw0", "DROP DATABASE test_db_gw0", "CREATE ROLE someone LOGIN")


def test_nobody_gets_in_without_the_password(side: PrivateServer) -> None:
    port = side.environment["PGPORT"]
    for user in ("me", "postgres"):
        for secret in ("", ":wrong"):
            with pytest.raises(psycopg.OperationalError, match="password"):
                rows(f"postgresql://{user}{secret}@127.0.0.1:{port}/shop")
        assert rows(f"postgresql://{user}:p%40ss@127.0.0.1:{port}/shop", "SELECT current_user") == [(user,)]


def test_a_user_without_a_password_gets_one_that_cannot_be_guessed() -> None:
    made = [PrivateServers("postgresql://me@h/shop").password for _ in range(2)]
    assert made[0] != made[1]
    assert all(len(each) >= 32 for each in made)


def test_sides_do_not_meet(alike: PrivateServers, side: PrivateServer) -> None:
    with alike.side(HERE) as other:
        rows(side.url, "CREATE TABLE only_here ()")
        assert rows(other.url, "SELECT to_regclass('only_here')") == [(None,)]
        assert side.allowed != other.allowed


@pytest.mark.parametrize("killed", [False, True])
def test_restore_puts_everything_back(side: PrivateServer, *, killed: bool) -> None:
    rows(side.url, "CREATE TABLE left_behind ()", "CREATE DATABASE left_behind", "CREATE ROLE left_behind")
    if killed:
        (pid,) = rows(side.url, "SELECT pg_read_file('postmaster.pid')")
        os.kill(int(pid[0].splitlines()[0]), signal.SIGKILL)
    side.restore()
    assert rows(side.url, "SELECT to_regclass('left_behind')") == [(None,)]
    assert rows(side.url, "SELECT 1 FROM pg_database WHERE datname = 'left_behind'") == []
    assert rows(side.url, "SELECT 1 FROM pg_roles WHERE rolname = 'left_behind'") == []


def test_text_is_utf_8_and_letters_are_known_as_such(side: PrivateServer) -> None:
    assert rows(side.url, "SELECT lower('ÄÖ'), current_setting('server_encoding')") == [("äö", "UTF8")]


def test_nothing_is_left_whatever_ends_the_block() -> None:
    made = PrivateServers("postgresql://127.0.0.1")
    seen: list[str] = []

    def interrupted() -> None:
        with made, made.side(HERE) as started:
            seen.extend((started.url, str(made._ready()[0])))
            assert listening(started.url)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    url, folder = seen
    assert gone(url)
    assert not Path(folder).exists()
    made.close()


def test_a_server_does_not_outlive_a_pitstop_that_was_killed() -> None:
    script = """
import pathlib, time
from pitstop.target.servers import PrivateServers
with PrivateServers("postgresql://127.0.0.1") as made, made.side(pathlib.Path()) as side:
    print(side.url, made._ready()[0], flush=True)
    time.sleep(600)
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url, folder = process.stdout.readline().split()
        assert listening(url)
    finally:
        process.kill()
        process.communicate()
    try:
        assert gone(url)
    finally:
        remove_tree(Path(folder))


def test_a_port_that_somebody_took_in_between_is_given_up(
    side: PrivateServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        side.stop()
        monkeypatch.setattr(side, "_port", port)
        side.start()
        assert side.environment["PGPORT"] != str(port)
        assert listening(side.url)


def test_a_server_that_does_not_start_says_why(side: PrivateServer) -> None:
    side.stop()
    (side._data / "PG_VERSION").write_text("9.0\n")
    with pytest.raises(TargetError, match=r"did not start: .*initialized by PostgreSQL version"):
        side.start()


# --- what is loaded --------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(postgres_url: str) -> str:
    rows(
        postgres_url,
        "CREATE TABLE items (id serial PRIMARY KEY, name text)",
        "INSERT INTO items (name) SELECT 'ä ' || n FROM generate_series(1, 50) n",
        "CREATE INDEX by_name ON items (name)",
    )
    return postgres_url


def test_the_given_database_is_loaded_and_stays_as_it_is(shop: str) -> None:
    said: list[str] = []
    source = look(shop, allow_remote=False)
    assert source.tables == 1
    with (
        psycopg.connect(shop),  # somebody is in it, as the developer's own app may be
        PrivateServers(shop, names=(source.name,), source=source, say=said.append) as made,
        made.side(HERE) as side,
    ):
        assert rows(side.url, "SELECT count(*), max(name) FROM items") == [(50, "ä 9")]
        assert rows(side.url, "INSERT INTO items (name) VALUES ('x') RETURNING id") == [(51,)]
        assert rows(side.url, "SELECT to_regclass('by_name')::text") == [("by_name",)]
        assert rows(side.url, "SELECT reltuples FROM pg_class WHERE relname = 'items'") == [(50.0,)]
        side.restore()
        assert rows(side.url, "SELECT count(*) FROM items") == [(50,)]
    assert said == []
    assert rows(shop, "SELECT count(*) FROM items") == [(50,)]


def test_what_cannot_be_loaded_is_said_and_leaves_an_empty_database(shop: str) -> None:
    said: list[str] = []
    # a policy names a role, which no option leaves out, and which the other server does not have
    rows(shop, "CREATE ROLE only_there", "CREATE POLICY p ON items TO only_there")
    try:
        source = look(shop, allow_remote=False)
        made = PrivateServers(shop, names=(source.name,), source=source, say=said.append)
        with made, made.side(HERE) as side:
            assert rows(side.url, "SELECT to_regclass('items')") == [(None,)]
    finally:
        rows(shop, "DROP POLICY p ON items", "DROP ROLE only_there")
    (reason,) = said
    assert f"the database {source.name} was not loaded" in reason
    assert re.search('pg_restore: .*role "only_there" does not exist', reason)


def test_why_a_database_is_not_even_read(shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = look(shop, allow_remote=False)
    newest = max(find_programs(), key=lambda each: each.version)
    empty = Programs(folder=tmp_path, version=newest.version)
    dump = tmp_path / "dump"
    later = msgspec.structs.replace(source, version=99)
    assert "cannot read a server of version 99" in transfer.transfer(later, newest, shop, dump)
    assert "pg_dump: No such file" in transfer.transfer(source, empty, shop, dump)
    missing = msgspec.structs.replace(source, url=DatabaseURL.parse(source.url.renamed("nowhere")))
    assert 'database "nowhere" does not exist' in transfer.transfer(missing, newest, shop, dump)
    monkeypatch.setattr(transfer, "_LARGEST", 1)
    assert re.search(r"it has \d+ MB", transfer.transfer(source, newest, shop, dump))
    assert not dump.exists()


def test_no_password_on_a_command_line() -> None:
    address, secret = DatabaseURL.parse(GIVEN).without_password()
    assert secret == "p@ss"
    assert "ss@" not in address
    assert address == "postgresql://me@db.example.com:6543/shop?sslmode=require&application_name=shop"
    asked = DatabaseURL.parse("postgresql:///shop?user=me&password=p%40ss&host=/run")
    assert asked.without_password() == ("postgresql://me@/shop?host=%2Frun", "p@ss")


def test_a_database_elsewhere_is_not_looked_at() -> None:
    with pytest.raises(UnsafeDatabaseError):
        look(GIVEN, allow_remote=False)


# --- programs --------------------------------------------------------------------------------------------------------


def test_the_version_most_like_the_users_is_chosen() -> None:
    known = [Programs(folder=Path(str(n)), version=n) for n in (14, 18, 16)]
    chosen = {
        wanted: getattr(choose(known, wanted), "version", None) for wanted in (13, 15, 16, 17, 19, None)
    }
    assert chosen == {13: 14, 15: 16, 16: 16, 17: 18, 19: 18, None: 18}
    assert choose([], 15) is None


def test_only_folders_with_a_server_count(tmp_path: Path) -> None:
    for name in ("client", "broken", "whole"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "psql").touch()
    for name in ("broken", "whole"):
        for program in ("initdb", "postgres"):
            file = tmp_path / name / program
            text = "echo 'postgres (PostgreSQL) 17.2 (Debian)'" if name == "whole" else "exit 1"
            file.write_text(f"#!/bin/sh\n{text}\n")
            file.chmod(0o755)
    found = find_programs([tmp_path / "client", tmp_path / "broken", tmp_path / "whole", tmp_path / "whole"])
    assert found == (Programs(folder=(tmp_path / "whole").resolve(), version=17),)


def test_this_machine_has_one() -> None:
    assert any(each.packaged for each in find_programs())


def test_a_temporary_folder_that_is_closed_to_the_servers_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(closed))
    assert programs.open_folder(None) == closed.resolve()
    other = programs.open_folder(programs.SystemUser(user=65534, group=65534))
    assert all(each.stat().st_mode & 0o001 for each in (other, *other.parents))


# --- when ------------------------------------------------------------------------------------------------------------

REFUSED = ("postgresql://127.0.0.1:5432/test_db",)
URL = DatabaseVariable(name="DB_URI", value="postgresql+asyncpg://postgres@127.0.0.1:5432")
PARTS = (
    DatabaseVariable(name="DB_HOST", part="host", value="127.0.0.1"),
    DatabaseVariable(name="DB_USER", part="user", value="me"),
    DatabaseVariable(name="DB_NAME", part="name", value="app"),
)


def target(*databases: DatabaseVariable) -> Target:
    interpreter = Interpreter(path=Path(sys.executable), version=(3, 11, 0))
    return Target(root=Path("/"), interpreter=interpreter, databases=databases)


def made_for(*databases: DatabaseVariable, refused: tuple[str, ...] = REFUSED) -> PrivateServers:
    made = own_servers(target(*databases), refused, None)
    assert made is not None
    return made


def test_a_url_without_a_name_stays_without() -> None:
    made = made_for(URL)
    assert made.url(7) == f"postgresql+asyncpg://postgres:{made.password}@127.0.0.1:7"
    assert made._names == ["test_db"]


def test_each_variable_keeps_its_database() -> None:
    first = DatabaseVariable(name="A", value="postgresql://me:pw@h/app?x=1")
    second = DatabaseVariable(name="B", value="postgresql://me:pw@h/app_test")
    made = made_for(first, second)
    assert made.url(7) == "postgresql://me:pw@127.0.0.1:7?x=1"
    assert made._names == ["app", "app_test", "test_db"]


def test_parts_of_an_address() -> None:
    made = made_for(*PARTS)
    assert made.user == "me"
    assert made._names == ["app", "test_db"]
    only_port = made_for(DatabaseVariable(name="DATABASE_PORT", part="port", value="5432"))
    assert only_port.url(7).startswith("postgresql://postgres:")


ONLY_PORT = DatabaseVariable(name="DB_PORT", part="port", value="5432")


def test_databases_that_the_code_names_are_there() -> None:
    made = made_for(ONLY_PORT)
    assert made._names == ["test_db"]
    assert made.data(7) == f"postgresql://postgres:{made.password}@127.0.0.1:7/test_db"
    assert made.url(7) == f"postgresql://postgres:{made.password}@127.0.0.1:7", "each keeps its own name"
    both = made_for(*PARTS, refused=(*REFUSED, "sqlite:////data/app.db"))
    assert both._names == ["app", "test_db"]
    assert both.data(7).endswith(":7/test_db"), "what it asked for, whatever the variables say"


def test_databases_that_the_tests_make_are_not_made_for_them() -> None:
    made = made_for(ONLY_PORT, refused=(*REFUSED, "postgresql://127.0.0.1:5432/postgres"))
    assert made._names == []
    assert made.data(7) == made.url(7)


def test_which_database_is_asked_is_left_open_where_there_are_several() -> None:
    made = made_for(ONLY_PORT, refused=(*REFUSED, "postgresql://127.0.0.1:5432/main"))
    assert made._names == ["test_db", "main"]
    assert made.data(7) == made.url(7)
    named = DatabaseVariable(name="A", value="postgresql://me:pw@h/app")
    assert made_for(named, refused=("postgresql://h:5432/",)).data(7) == "postgresql://me:pw@127.0.0.1:7/app"


def test_where_they_would_be_no_help(monkeypatch: pytest.MonkeyPatch) -> None:
    assert own_servers(target(URL), ("sqlite:////data/app.db", "mysql://h/x"), None) is None
    assert own_servers(target(URL), (), None) is None
    assert own_servers(target(), REFUSED, None) is None, "nothing could lead the service there"
    sqlite = DatabaseVariable(name="DB_URL", value="sqlite:///app.db")
    assert own_servers(target(sqlite), REFUSED, None) is None
    assert own_servers(target(URL), REFUSED, Database(url="sqlite:///app.db")) is None
    assert INSTALL not in advice(REFUSED[0], given=True)
    monkeypatch.setattr(moving, "find_programs", tuple)
    assert own_servers(target(URL), REFUSED, None) is None
    assert INSTALL in advice(REFUSED[0], given=True)
    assert INSTALL not in advice("sqlite:////data/app.db", given=True)


def test_the_name_of_the_given_database_is_kept(shop: str) -> None:
    made = own_servers(target(URL), REFUSED, Database(url=shop))
    assert made is not None
    parsed = DatabaseURL.parse(shop)
    assert made.url(7).endswith(f"@127.0.0.1:7/{parsed.name}")
    assert made.data(7) == made.url(7)
    assert made._names == [parsed.name, "test_db"]


def test_without_a_server_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "find_programs", tuple)
    with pytest.raises(TargetError) as error, PrivateServers("postgresql://127.0.0.1"):
        pass
    assert error.value.hint == INSTALL
