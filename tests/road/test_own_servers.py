"""A suite that makes databases of fixed names on the server it is told: each version gets a server of its own."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from pitstop.verdicts import Proved
from tests.road.command import Home, snapshot, wait_for
from tests.road.service import write

pytestmark = pytest.mark.xdist_group("road-own-servers")

NOWHERE = "postgresql+psycopg://me:verysecret@127.0.0.1:1"
"""Nobody listens there: the user's own server is not asked."""

SERVICE = {
    "main.py": """
        import os
        import time

        from fastapi import FastAPI
        from sqlalchemy import create_engine, text

        app = FastAPI()
        address = os.environ["DB_URI"]
        engine = create_engine(address + "/shop_test")


        @app.post("/rows")
        async def add() -> int:
            time.sleep(0.05)
            with engine.begin() as connection:
                connection.execute(text("INSERT INTO items DEFAULT VALUES"))
                return connection.execute(text("SELECT count(*) FROM items")).scalar_one()
    """,
    "test_main.py": """
        import os
        import time

        import pytest
        from fastapi.testclient import TestClient
        from sqlalchemy import create_engine, text

        from main import address, app, engine


        @pytest.fixture(scope="session", autouse=True)
        def database():
            outside = create_engine(address + "/postgres", isolation_level="AUTOCOMMIT")
            with outside.connect() as connection:
                connection.execute(text("CREATE DATABASE shop_test"))
            with engine.begin() as connection:
                connection.execute(text("CREATE TABLE items (id serial)"))


        def test_rows():
            with TestClient(app) as client:
                assert client.post("/rows").json() == 1
                assert client.post("/rows").json() == 2
            if os.environ.get("SLEEPS"):
                time.sleep(600)
    """,
}


@pytest.fixture
def root(tmp_path: Path, home: Home) -> Path:
    home.environment["DB_URI"] = NOWHERE
    return write(tmp_path / "service", SERVICE)


def test_the_versions_run_each_on_a_server_of_its_own(home: Home, root: Path) -> None:
    before = snapshot(root)
    ended = home.run("tune", str(root), "--launches", "2", "--format", "json")
    report = ended.report()
    assert "starting a database server for each version" in ended.err or "mend and prove" in ended.err
    assert "server of its own" in report.project.found["database"]
    assert [route.requests for route in report.routes] == [2]
    assert not [each for each in report.skipped if each.stage == "measure"]
    (verdict,) = report.verdicts
    (compared,) = verdict.routes
    assert (compared.compared, compared.equal) == (2, 2)
    assert "verysecret" not in ended.out + ended.err
    assert snapshot(root) == before


NAMED = {
    "main.py": """
        import os
        import time
        from contextlib import asynccontextmanager

        from fastapi import FastAPI
        from sqlalchemy import create_engine, func, select
        from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

        engines = []


        class Base(DeclarativeBase):
            pass


        class Item(Base):
            __tablename__ = "items"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]


        @asynccontextmanager
        async def life(app: FastAPI):
            engine = create_engine(f"postgresql+psycopg://localhost:{os.environ['DB_PORT']}/main")
            engine.connect().close()
            engines.append(engine)
            yield


        app = FastAPI(lifespan=life)


        @app.get("/items")
        async def items() -> int:
            time.sleep(0.05)
            with Session(engines[0]) as session:
                return session.scalar(select(func.count()).select_from(Item))
    """,
}


def test_a_database_of_a_name_that_the_code_gives_is_made_and_filled(home: Home, tmp_path: Path) -> None:
    home.environment["DB_PORT"] = "1"
    root = write(tmp_path / "service", NAMED)
    report = home.run(
        "measure", str(root), "--generate", "--cases", "2", "--rows", "200", "--format", "json"
    ).report()
    assert "no copy of it was given, so each version has" in report.project.found["database"]
    (route,) = report.routes
    assert (route.errors, route.rows) == (0, 1)
    assert report.growth is not None
    assert not report.skipped


def test_each_version_has_its_tables_made_before_it_is_asked(home: Home, tmp_path: Path) -> None:
    home.environment["DB_PORT"] = "1"
    root = write(tmp_path / "service", NAMED)
    report = home.run(
        "tune", str(root), "--generate", "--cases", "2", "--launches", "2", "--only", "blocking-call-in-async",
        "--format", "json",
    ).report()  # fmt: skip
    (route,) = report.routes
    assert route.errors == 0
    (verdict,) = report.verdicts
    assert isinstance(verdict, Proved), verdict
    (compared,) = verdict.routes
    assert compared.compared == compared.equal == route.requests
    assert not [each for each in report.skipped if each.stage in {"measure", "populate"}]


MIGRATED = {
    "main.py": """
        import os
        import time

        from fastapi import FastAPI
        from sqlalchemy import create_engine, text

        app = FastAPI()
        engine = create_engine(os.environ["DATABASE_URL"])


        @app.get("/items")
        async def items() -> list[str]:
            time.sleep(0.05)
            with engine.connect() as connection:
                return list(connection.execute(text("SELECT name FROM items ORDER BY name")).scalars())
    """,
    "test_main.py": """
        from fastapi.testclient import TestClient

        from main import app


        def test_items():
            with TestClient(app) as client:
                assert client.get("/items").json() == ["lamp", "rope"]
    """,
    "alembic.ini": """
        [alembic]
        script_location = migrations
    """,
    "migrations/env.py": """
        import os

        from alembic import context
        from sqlalchemy import create_engine

        with create_engine(os.environ["DATABASE_URL"]).begin() as connection:
            context.configure(connection=connection)
            context.run_migrations()
    """,
    "migrations/versions/one.py": """
        from alembic import op

        revision = "one"
        down_revision = None


        def upgrade():
            op.execute("CREATE TABLE items (name text)")
            op.execute("INSERT INTO items VALUES ('rope'), ('lamp')")
    """,
}


def test_tables_that_a_suite_expects_are_made_by_the_migrations(home: Home, tmp_path: Path) -> None:
    home.environment["DATABASE_URL"] = f"{NOWHERE}/shop"
    root = write(tmp_path / "service", MIGRATED)
    report = home.run("tune", str(root), "--launches", "2", "--format", "json").report()
    assert [(route.requests, route.errors) for route in report.routes] == [(1, 0)]
    (verdict,) = report.verdicts
    assert isinstance(verdict, Proved), verdict
    assert not [each for each in report.skipped if each.stage == "measure"]


def test_migrations_that_fail_are_told_and_no_end(home: Home, tmp_path: Path) -> None:
    home.environment["DATABASE_URL"] = f"{NOWHERE}/shop"
    broken = MIGRATED["migrations/env.py"] + "        raise SystemExit(os.environ['REGION'])\n"
    ended = home.run("measure", str(write(tmp_path / "service", {**MIGRATED, "migrations/env.py": broken})))
    said = " ".join(ended.out.split())
    assert "the tables could not be made by `alembic upgrade heads`" in said
    assert "the environment variable REGION is not set" in said
    assert 'relation "items" does not exist' in said
    assert ended.code == 1


def test_a_service_that_does_not_start_on_its_server_says_why(home: Home, tmp_path: Path) -> None:
    home.environment["DB_PORT"] = "1"
    stopped = NAMED["main.py"].replace("engines.append(engine)", "raise RuntimeError('no such region')")
    ended = home.run("measure", str(write(tmp_path / "service", {"main.py": stopped})), "--generate")
    assert ended.code == 3
    assert "could not be started" in ended.err
    assert "no such region" in ended.err


def test_interrupted_it_leaves_no_server(home: Home, root: Path) -> None:
    home.environment["SLEEPS"] = "1"
    started = home.start("tune", str(root))
    assert wait_for(lambda: bool(servers(started.process.pid)), 120), started.said()
    known = servers(started.process.pid)
    started.signal(signal.SIGINT, group=True)
    ended = started.end(60)
    assert ended.code == 1, ended.err
    assert "interrupted" in ended.err
    assert wait_for(lambda: not any(alive(pid) for pid in known), 20)
    home.is_clean()


def servers(parent: int) -> list[int]:
    """PostgreSQL servers that a process started."""
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text()
            command = (entry / "cmdline").read_text()
        except OSError:
            continue
        if int(stat.rpartition(")")[2].split()[1]) == parent and "/postgres\0" in command:
            found.append(int(entry.name))
    return found


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
