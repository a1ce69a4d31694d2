from __future__ import annotations

import builtins
import sqlite3
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pitstop.errors import TargetError, UnsafeDatabaseError
from pitstop.target import database
from pitstop.target.database import (
    DatabaseCopy,
    check_local,
    clone_postgresql,
    digest,
    drop_postgresql,
    restore_postgresql,
)
from pitstop.target.urls import DatabaseURL
from tests.servers import PostgreSQL


def run(url: str, *statements: str) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
    return rows


@pytest.fixture
def shop(postgres_url: str) -> str:
    run(
        postgres_url,
        "CREATE TABLE items (id serial PRIMARY KEY, name text, price numeric, at timestamptz DEFAULT now())",
        "INSERT INTO items (name, price) SELECT 'item ' || n, n / 3.0 FROM generate_series(1, 50) n",
    )
    return postgres_url


def names(server: PostgreSQL) -> set[str]:
    return {
        row[0] for row in run(server.url, "SELECT datname FROM pg_database WHERE datname LIKE 'pitstop%'")
    }


def test_a_clone_is_another_database_with_the_same_rows(shop: str) -> None:
    given = shop.replace("postgresql://", "postgresql+asyncpg://")
    clone = clone_postgresql(given)
    try:
        assert clone.startswith("postgresql+asyncpg://postgres@127.0.0.1")
        plain = clone.replace("+asyncpg", "")
        assert digest(clone) == digest(shop)
        run(plain, "DELETE FROM items WHERE id = 1")
        assert digest(clone) != digest(shop)
        assert run(shop, "SELECT count(*) FROM items") == [(50,)]
    finally:
        drop_postgresql(clone)


def test_restore_brings_rows_and_sequences_back_though_someone_is_connected(shop: str) -> None:
    clone = clone_postgresql(shop)
    before = digest(clone)
    with psycopg.connect(clone) as holder:
        holder.execute("INSERT INTO items (name) VALUES ('x')")
        holder.commit()
        restore_postgresql(clone, shop)
    assert digest(clone) == before
    assert run(clone, "INSERT INTO items (name) VALUES ('y') RETURNING id") == [(51,)]
    drop_postgresql(clone)


def test_a_database_in_use_is_left_in_peace(shop: str) -> None:
    with psycopg.connect(shop, application_name="the developer's console") as console:
        with pytest.raises(TargetError, match="is in use by the developer's console") as raised:
            clone_postgresql(shop)
        assert "ends nobody's connection" in raised.value.hint
        assert console.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("act", [drop_postgresql, lambda url: restore_postgresql(url, url)])
def test_only_copies_are_dropped_or_restored(shop: str, act: Any) -> None:
    with pytest.raises(UnsafeDatabaseError, match="is not a copy that pitstop made"):
        act(shop)
    assert run(shop, "SELECT count(*) FROM items") == [(50,)]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://db.example.com/shop",
        "postgresql+asyncpg://user:pw@10.0.0.5:5432/shop",
        "postgresql://127.0.0.1,db.example.com/shop",
        "postgresql:///shop?host=db.example.com",
        "postgresql://localhost/shop?hostaddr=192.0.2.1",
        "postgresql://localhost.example.com/shop",
    ],
)
def test_another_machine_is_refused_before_anything_is_sent(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psycopg, "connect", lambda *_a, **_k: pytest.fail("connected"))
    for act in (clone_postgresql, DatabaseCopy(url).__enter__):
        with pytest.raises(UnsafeDatabaseError) as raised:
            act() if act is not clone_postgresql else act(url)  # type: ignore[call-arg]  # one of the two
        assert "pw" not in raised.value.message
        assert "--allow-remote-database" in raised.value.hint


@pytest.mark.parametrize(
    ("url", "environment", "local"),
    [
        ("postgresql:///shop", {}, True),
        ("postgresql:///shop", {"PGHOST": "db.example.com"}, False),
        ("postgresql://localhost/shop", {"PGHOSTADDR": "192.0.2.7"}, False),
        ("postgresql://localhost/shop", {"PGHOST": "db.example.com"}, True),
        ("postgresql://[::1]:5432/shop", {}, True),
        ("postgresql://127.1.2.3/shop", {}, True),
        ("postgresql:///shop?host=/var/run/postgresql", {}, True),
        ("postgresql://%2Fvar%2Frun/shop", {}, True),
        ("postgresql://user:p@127.0.0.1@db.example.com/shop", {}, False),
    ],
)
def test_what_counts_as_this_machine(url: str, environment: dict[str, str], local: bool) -> None:
    if local:
        check_local(url, allow_remote=False, environment=environment)
    else:
        with pytest.raises(UnsafeDatabaseError):
            check_local(url, allow_remote=False, environment=environment)
        check_local(url, allow_remote=True, environment=environment)


def test_a_database_that_is_not_there(postgres_server: PostgreSQL) -> None:
    with pytest.raises(TargetError, match="there is no database 'nowhere'"):
        clone_postgresql(postgres_server.database("nowhere"))


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(TargetError, match="cannot be reached") as raised:
        clone_postgresql("postgresql://me:secret99@127.0.0.1:1/shop")
    assert "secret99" not in raised.value.message


def test_a_user_who_may_not_copy(shop: str, postgres_server: PostgreSQL) -> None:
    name = DatabaseURL.parse(shop).name
    role = f"r_{name}"
    run(postgres_server.url, f"CREATE ROLE {role} LOGIN")
    try:
        with pytest.raises(TargetError, match="may not copy it") as raised:
            clone_postgresql(shop.replace("postgres@", f"{role}@"))
        assert "CREATEDB" in raised.value.hint
    finally:
        run(postgres_server.url, f"DROP ROLE {role}")


@pytest.mark.parametrize(
    "url", ["mysql://127.0.0.1/x", "postgresql://127.0.0.1", "postgresql://127.0.0.1:port/x"]
)
def test_urls_that_cannot_be_used(url: str) -> None:
    with pytest.raises(TargetError):
        clone_postgresql(url)


def test_psycopg_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name == "psycopg":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.delitem(sys.modules, "psycopg")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(TargetError, match="needs psycopg") as raised:
        clone_postgresql("postgresql://127.0.0.1/x")
    assert "pitstop[postgresql]" in raised.value.hint


def test_a_copy_for_runs(shop: str, postgres_server: PostgreSQL) -> None:
    with DatabaseCopy(shop) as copy:
        before = copy.digest()
        assert before == digest(shop)
        run(copy.url, "DROP TABLE items")
        # the original may be used again meanwhile
        with psycopg.connect(shop) as console:
            console.execute("SELECT 1")
            copy.restore()
        assert copy.digest() == before
        mine = {DatabaseURL.parse(copy.url).name}
        assert mine <= names(postgres_server)
    assert not mine & names(postgres_server)


def test_a_copy_that_cannot_be_made_leaves_nothing(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def once(url: str, **named: Any) -> str:
        if made:
            raise TargetError("no")
        made.append(clone_postgresql(url, **named))
        return made[0]

    monkeypatch.setattr(database, "clone_postgresql", once)
    with pytest.raises(TargetError), DatabaseCopy(shop):
        pass
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(made[0])


# --- digests ---------------------------------------------------------------------------------------------------------


def test_postgresql_digest_is_of_values_not_of_order_or_settings(postgres_url: str) -> None:
    run(
        postgres_url,
        "CREATE SCHEMA other",
        'CREATE TABLE "Odd ""name" (a float8, b bytea, c timestamptz)',
        "CREATE TABLE other.t (a text)",
        "INSERT INTO \"Odd \"\"name\" VALUES (0.1::float8 + 0.2::float8, '\\x00ff', '2024-01-01 12:00+02'), (null, null, null)",
    )
    first = digest(postgres_url)
    assert set(first) == {'Odd "name', "other.t"}
    assert first["other.t"] == (0, "0" * 32)
    run(
        postgres_url,
        'CREATE TABLE x AS SELECT * FROM "Odd ""name" ORDER BY a DESC',
        'TRUNCATE "Odd ""name"',
        'INSERT INTO "Odd ""name" SELECT * FROM x ORDER BY a NULLS FIRST',
        "DROP TABLE x",
        f"ALTER DATABASE {DatabaseURL.parse(postgres_url).name} SET timezone = 'Asia/Tokyo'",
        f"ALTER DATABASE {DatabaseURL.parse(postgres_url).name} SET extra_float_digits = -10",
        f"ALTER DATABASE {DatabaseURL.parse(postgres_url).name} SET bytea_output = 'escape'",
    )
    assert digest(postgres_url) == first
    run(postgres_url, 'UPDATE "Odd ""name" SET a = a + 1e-15 WHERE a IS NOT NULL')
    assert digest(postgres_url) != first


def sqlite(path: Path, *statements: str) -> Path:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


def test_sqlite_digest(tmp_path: Path) -> None:
    one = sqlite(
        tmp_path / "a b é?.db",
        'CREATE TABLE "t ""x" (a)',
        "CREATE TABLE u (a)",
        "INSERT INTO u VALUES (1), (2), (2)",
    )
    two = sqlite(
        tmp_path / "two.db",
        "CREATE TABLE u (a)",
        'CREATE TABLE "t ""x" (a)',
        "INSERT INTO u VALUES (2), (1), (2)",
    )
    assert digest(one) == digest(f"sqlite+aiosqlite:///{two}") == digest("sqlite:///two.db", folder=tmp_path)
    assert digest(one)['t "x'] == (0, "0" * 32)
    assert digest(one)["u"][0] == 3


@pytest.mark.parametrize(
    ("before", "after"),
    [("1", "1.0"), ("'a'", "x'61'"), ("NULL", "'None'"), ("1", "'1'"), ("2, 2", "2"), ("1", "1, 1")],
)
def test_sqlite_digest_tells_values_apart(tmp_path: Path, before: str, after: str) -> None:
    def of(name: str, values: str) -> object:
        insert = "INSERT INTO t VALUES " + ", ".join(f"({value})" for value in values.split(", "))
        return digest(sqlite(tmp_path / name, "CREATE TABLE t (a)", insert))

    assert of("one.db", before) != of("two.db", after)


def test_sqlite_digest_of_text_that_is_not_utf8_and_of_full_text_search(tmp_path: Path) -> None:
    path = sqlite(
        tmp_path / "x.db",
        "CREATE TABLE t (a TEXT)",
        "INSERT INTO t VALUES (CAST(x'ff' AS TEXT))",
        "CREATE VIRTUAL TABLE f USING fts5(a)",
        "INSERT INTO f VALUES ('word')",
    )
    before = digest(path)
    sqlite(path, "UPDATE f SET a = 'other'")
    assert digest(path) != before


@pytest.mark.parametrize("content", [None, b"not a database at all, but long enough to be looked at" * 20])
def test_sqlite_digest_of_no_database(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "x.db").write_bytes(content)
    with pytest.raises(TargetError):
        digest(tmp_path / "x.db")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"])
def test_memory_cannot_be_copied_or_looked_at(url: str) -> None:
    for act in (lambda: digest(url), DatabaseCopy(url).__enter__):
        with pytest.raises(TargetError, match="memory"):
            act()


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_sqlite_copy(tmp_path: Path, journal: str) -> None:
    path = tmp_path / "shop.db"
    keeper = sqlite3.connect(path)
    keeper.execute(f"PRAGMA journal_mode = {journal}")
    keeper.execute("CREATE TABLE t (a)")
    keeper.execute("INSERT INTO t VALUES (1)")
    keeper.commit()  # in the log still, not in the file
    with DatabaseCopy("sqlite+aiosqlite:///shop.db", folder=tmp_path) as copy:
        assert copy.url.startswith("sqlite+aiosqlite:////")
        before = copy.digest()
        assert before["t"][0] == 1
        file = DatabaseURL.parse(copy.url).file(Path("/"))
        sqlite(file, "INSERT INTO t VALUES (2)")
        assert copy.digest() != before
        copy.restore()
        assert copy.digest() == before
        assert keeper.execute("SELECT count(*) FROM t").fetchone() == (1,)
    keeper.close()
    assert not file.exists()


def test_sqlite_copy_of_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(TargetError, match="there is no database"),
        DatabaseCopy("sqlite:///x.db", folder=tmp_path),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
