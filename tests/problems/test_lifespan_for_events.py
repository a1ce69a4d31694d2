"""`startup-event-deprecated`: handlers of events called by a lifespan, as before and in the same order."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .trees import apply, is_formatted, patched, proposals, reason, write

PROBLEM = "startup-event-deprecated"
HEAD = "from fastapi import APIRouter, FastAPI\n\n"
RUN = """
from fastapi.testclient import TestClient
import main
app = getattr(main, "app", None) or main.create_app()
try:
    with TestClient(app):
        print("serving")
except RuntimeError as error:
    print("failed", error)
"""
SEVERAL = """app = FastAPI(title="Shop")


@app.on_event("shutdown")
def last():
    print("last")


@app.on_event("startup")
async def first():
    print("first")
    raise RuntimeError("no database")


@app.on_event("startup")
def second():
    print("second")
"""
FACTORY = """def create_app() -> FastAPI:
    app = FastAPI()
    opened: list[str] = []

    @app.on_event("startup")
    async def open_it() -> None:
        opened.append("it")
        print(opened)

    @app.on_event("shutdown")
    async def close_it() -> None:
        print("close", opened)

    return app
"""


def ran(root: Path) -> str:
    """What the service of a tree prints as it starts and stops."""
    command = [sys.executable, "-W", "ignore", "-c", RUN]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.parametrize(
    "main",
    [SEVERAL, SEVERAL.replace('    raise RuntimeError("no database")\n', ""), FACTORY],
    ids=["failing", "several", "factory"],
)
def test_what_starts_and_stops_is_the_same_in_the_same_order(main: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": HEAD + main})
    before = ran(tmp_path)
    diff = patched(tmp_path, PROBLEM)
    assert before.count("\n") > 1
    assert ran(tmp_path) == before
    assert "on_event" not in (tmp_path / "main.py").read_text("utf-8"), diff


def test_handlers_without_annotations_get_a_lifespan_without(tmp_path: Path) -> None:
    added = 'async def told():\n    print("told")\n\n\napp.add_event_handler("startup", told)\n'
    write(tmp_path, {"main.py": f"{HEAD}{SEVERAL}\n\n{added}"})
    diff = patched(tmp_path, PROBLEM)
    assert "+    await first()\n+    second()\n+    await told()\n+    try:\n+        yield\n" in diff
    assert "+async def lifespan(app: FastAPI):\n" in diff
    assert "AsyncIterator" not in diff
    assert '+app = FastAPI(title="Shop", lifespan=lifespan)\n' in diff
    assert '-app.add_event_handler("startup", told)\n' in diff
    assert is_formatted(tmp_path, ["main.py"])


def test_a_lifespan_in_a_factory_stands_in_the_factory(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": HEAD + FACTORY})
    diff = patched(tmp_path, PROBLEM)
    assert (
        "+    @asynccontextmanager\n+    async def lifespan(app: FastAPI) -> AsyncIterator[None]:\n" in diff
    )
    assert "+            await close_it()\n" in diff


ONE = '@app.on_event("startup")\ndef start() -> None:\n    print("up")\n'
CACHED = ONE.replace("def", "@functools.cache\ndef")


@pytest.mark.parametrize(
    ("main", "why"),
    [
        ("app = FastAPI()\nif __debug__:\n    @app.on_event('startup')\n    def start():\n        pass\n", "condition"),
        (f"import functools\n\napp = FastAPI()\n\n\n{CACHED}", "other decorators"),
        (f"app = FastAPI()\n\n\n{ONE}\n\n@app.get('/start')\ndef start():\n    return 1\n", "something else"),
        (f"app = FastAPI()\n\n\n{ONE.replace('print', 'yield print')}", "generator"),
        (f"app = FastAPI(on_startup=[print])\n\n\n{ONE}", "list of handlers"),
        (f"settings = {{}}\napp = FastAPI(**settings)\n\n\n{ONE}", "may hold"),
        (f"def lifespan(app):\n    yield\n\n\napp = FastAPI(lifespan=lifespan)\n\n\n{ONE}", "never run"),
        (f"app = FastAPI()\n\n\n{ONE}\n\napp.router.on_startup.append(print)\n", "list of handlers"),
        (f"from tortoise.contrib.fastapi import register_tortoise\n\napp = FastAPI()\n\n\n{ONE}\n\nregister_tortoise(app)\n", "`register_tortoise`"),
        ("from redis import Redis\n\nredis = Redis()\napp = FastAPI()\napp.add_event_handler('startup', redis.ping)\n", "has to be awaited"),
        (f"app = APIRouter()\n\n\n{ONE}", "a router's"),
        ("def set_up(app: FastAPI):\n    @app.on_event('startup')\n    def start():\n        pass\n", "given the app"),
    ],
)  # fmt: skip
def test_where_handlers_may_be_lost_nothing_is_changed(main: str, why: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": HEAD + main})
    assert why in reason(tmp_path, PROBLEM)


def test_handlers_of_a_router_or_of_another_module_are_not_left_behind(tmp_path: Path) -> None:
    app = f"{HEAD}from more import router\n\napp = FastAPI()\napp.include_router(router)\n\n\n{ONE}"
    router = f"{HEAD}router = APIRouter()\n\n\n{ONE.replace('app.', 'router.')}"
    write(tmp_path, {"main.py": app, "more.py": router})
    reasons = [getattr(each, "reason", "") for each in proposals(tmp_path, PROBLEM)]
    assert any("router of the app has handlers of its own (more.py:" in each for each in reasons), reasons
    assert all(reasons)
    write(
        tmp_path,
        {"more.py": "def set_up(app):\n    @app.on_event('shutdown')\n    def end():\n        pass\n"},
    )
    write(tmp_path, {"main.py": f"{HEAD}from more import set_up\n\napp = FastAPI()\nset_up(app)\n\n\n{ONE}"})
    assert "more.py:2, too" in reason(tmp_path, PROBLEM)


def test_a_function_of_the_project_is_followed_into(tmp_path: Path) -> None:
    files = {
        "main.py": f"{HEAD}from more import set_up\n\napp = FastAPI()\nset_up(app)\n\n\n{ONE}",
        "more.py": "def set_up(app):\n    app.state.ready = True\n",
    }
    write(tmp_path, files)
    patched(tmp_path, PROBLEM)
    write(tmp_path, files | {"more.py": "from admin import Admin\n\n\ndef set_up(app):\n    Admin(app)\n"})
    assert "`Admin`" in reason(tmp_path, PROBLEM)


def test_routers_of_others_need_a_fastapi_that_runs_their_handlers(tmp_path: Path) -> None:
    main = f"{HEAD}from users import router\n\napp = FastAPI()\napp.include_router(router)\n\n\n{ONE}"
    write(tmp_path, {"main.py": main, "requirements.txt": "fastapi==0.110.0\n"})
    assert "would be lost" in reason(tmp_path, PROBLEM)
    write(tmp_path, {"requirements.txt": "fastapi==0.115.0\n"})
    (patch,) = proposals(tmp_path, PROBLEM)
    apply(tmp_path, patch)  # type: ignore[arg-type]
    assert "start()\n    yield" in (tmp_path / "main.py").read_text("utf-8")
