"""What goes wrong in the middle of a run reaches the user: in time, in words, and never as a good end."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.road.command import Home
from tests.road.service import write
from tests.servers import postgresql

SERVICE = {
    "main.py": """
        import os

        from fastapi import FastAPI
        from sqlalchemy import create_engine, text

        app = FastAPI()
        engine = create_engine(os.environ["DATABASE_URL"])


        @app.get("/rows")
        def rows() -> int:
            with engine.connect() as connection:
                return connection.execute(text("SELECT count(*) FROM items")).scalar_one()
    """,
    "test_main.py": """
        import os
        import signal
        import time

        from fastapi.testclient import TestClient
        from main import app

        client = TestClient(app, raise_server_exceptions=False)


        def test_there():
            assert client.get("/rows").json() == 0


        def test_gone():
            os.kill(int(os.environ["SERVER"]), signal.SIGQUIT)
            while os.path.exists(os.environ["SERVER_LIVES"]):
                time.sleep(0.05)


        def test_after():
            assert client.get("/rows").status_code == 200


        def test_after_that():
            assert client.get("/rows").status_code == 200
    """,
}


@pytest.mark.parametrize("verb", ["measure", "tune"])
def test_a_database_that_goes_in_the_middle(home: Home, tmp_path: Path, verb: str) -> None:
    root = write(tmp_path / "service", SERVICE)
    with postgresql() as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE shop")
        with psycopg.connect(server.database("shop"), autocommit=True) as connection:
            connection.execute("CREATE TABLE items (id serial)")
        address = server.database("shop").replace("postgresql://", "postgresql+psycopg://")
        home.environment |= {
            "SERVER": str(server.pid),
            "SERVER_LIVES": str(server.folder / "data/postmaster.pid"),
        }
        ended = home.run(verb, str(root), "--database", address, "--format", "json", "--timeout", "100")
    assert "Traceback" not in ended.err + ended.out
    assert "fault of its own" not in ended.err
    if verb == "tune":
        assert ended.code == 3
        assert "cannot be reached" in ended.err
        assert ended.err.count('DROP DATABASE "pitstop_') == 2
        return
    assert ended.code == 1, ended.err
    report = ended.report()
    assert [(route.route, route.requests, route.errors) for route in report.routes] == [("GET /rows", 3, 2)]
    said = {each.subject: each.reason for each in report.skipped}
    assert said["tests"].startswith("2 of 4 tests fail before anything is changed: test_main.py::test_after,")
    assert "could not be removed" in said["database"]
    assert said["database"].count('DROP DATABASE "pitstop_') == 2


KILLED = {
    "main.py": """
        import os
        import signal
        import time

        from fastapi import FastAPI
        app = FastAPI()


        @app.get("/few")
        def few() -> int:
            return 1


        @app.get("/killed")
        def killed() -> None:
            time.sleep(0.5)
            os.kill(os.getpid(), signal.SIGKILL)
    """,
    "test_main.py": """
        from fastapi.testclient import TestClient
        from main import app

        client = TestClient(app)


        def test_first():
            assert client.get("/few").json() == 1


        def test_killed():
            client.get("/killed")
    """,
}


def test_a_killed_run_is_told_with_what_was_measured(home: Home, tmp_path: Path) -> None:
    root = write(tmp_path / "service", KILLED)
    ended = home.run("measure", str(root), "--format", "json")
    assert ended.code == 3
    assert (
        "broke off after 1 tests, 1 requests and 1 more that left no record, in test_main.py::test_killed"
        in ended.err
    )
    assert "killed" in ended.err
    report = ended.report()
    assert [route.route for route in report.routes] == ["GET /few"]
    assert [each.reason for each in report.skipped] == [
        "1 requests were not kept: the process ended before they were answered and written"
    ]
    assert report.run == ""
