"""Routers that get into an app by way of a function, a loop, a class of the service's own or a name that stands for two things."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.trees import service

_ITEMS = """
from fastapi import APIRouter
router = APIRouter(prefix="/items")
@router.get("/{n}")
def item(n: int): ...
"""


@pytest.mark.parametrize(
    "main",
    [
        # The app is a parameter, with a type and without.
        """
from fastapi import FastAPI
import items
def configure(app: FastAPI): app.include_router(items.router, prefix="/v1")
def make() -> FastAPI:
    made = FastAPI()
    configure(made)
    return made
app = make()
""",
        """
from fastapi import FastAPI
from items import router
def add_all(api): api.include_router(router, prefix="/v1")
app = FastAPI()
add_all(app)
""",
        # Through two functions, by keyword.
        """
from fastapi import FastAPI
from items import router
def add_more(api): api.include_router(router, prefix="/v1")
def add_all(into): add_more(api=into)
app = FastAPI()
add_all(app)
""",
        # The router is the parameter.
        """
from fastapi import APIRouter, FastAPI
from items import router
app = FastAPI()
def register(added: APIRouter): app.include_router(added, prefix="/v1")
register(router)
""",
        # Loops over what is written out, here and in another module.
        """
from fastapi import FastAPI
from items import router
app = FastAPI()
for each in (router,): app.include_router(each, prefix="/v1")
""",
        """
from fastapi import FastAPI
from items import router
ROUTERS = [(router, "/v1")]
def make():
    app = FastAPI()
    for each, prefix in ROUTERS:
        app.include_router(each, prefix=prefix)
    return app
""",
        # An app of a class of its own.
        """
from fastapi import FastAPI
from items import router
class Service(FastAPI):
    def __init__(self):
        super().__init__()
        self.include_router(router, prefix="/v1")
app = Service()
""",
        # A package has the name of the app.
        """
from fastapi import FastAPI
import app.models
from items import router
app = FastAPI()
app.include_router(router, prefix="/v1")
""",
        # The name in the function is what another function gave.
        """
from fastapi import FastAPI
from items import router
def bare() -> FastAPI:
    found = FastAPI()
    return found
def make() -> FastAPI:
    app = bare()
    app.include_router(router, prefix="/v1")
    return app
""",
    ],
)
def test_the_way_to_the_app_is_found(tmp_path: Path, main: str) -> None:
    project = service(tmp_path, {"items.py": _ITEMS, "main.py": main, "app/models.py": "x = 1\n"})
    assert [(route.name, route.mounted) for route in project.routes.all] == [("GET /v1/items/{n}", True)]


def test_a_host_has_its_routes(tmp_path: Path) -> None:
    main = """
from fastapi import FastAPI
from items import router
app = FastAPI()
app.host("api.example", router)
"""
    project = service(tmp_path, {"items.py": _ITEMS, "main.py": main})
    assert [(route.name, route.mounted) for route in project.routes.all] == [("GET /items/{n}", True)]


def test_dependencies_of_the_inclusion_come_along(tmp_path: Path) -> None:
    main = """
from fastapi import Depends, FastAPI
from items import router
def known(): ...
def add_all(api): api.include_router(router, dependencies=[Depends(known)])
app = FastAPI()
add_all(app)
"""
    project = service(tmp_path, {"items.py": _ITEMS, "main.py": main})
    (route,) = project.routes.all
    assert [function.name for function in route.dependencies] == ["known"]


_OTHER = """
from fastapi import APIRouter
router = APIRouter()
@router.get("/other")
def other(): ...
"""


@pytest.mark.parametrize(
    ("main", "mounted"),
    [
        # Nothing imports the file: nobody is served with what is in it.
        ("app.include_router(items.router)\n", False),
        # It may be included in a way that is not seen.
        ("import other\napp.include_router(items.router)\n", True),
        ("for found in discover():\n    app.include_router(found)\n", True),
    ],
)
def test_a_router_in_a_file_that_nothing_imports_is_not_mounted(
    tmp_path: Path, main: str, mounted: bool
) -> None:
    head = "from fastapi import FastAPI\nimport items\napp = FastAPI()\n"
    project = service(tmp_path, {"items.py": _ITEMS, "other.py": _OTHER, "main.py": head + main})
    assert {r.name: r.mounted for r in project.routes.all}["GET /other"] is mounted


def test_what_another_part_of_a_repository_includes_unseen_is_its_own(tmp_path: Path) -> None:
    main = "from fastapi import FastAPI\nfrom back import items\napp = FastAPI()\napp.include_router(items.router)\n"
    other = "from fastapi import FastAPI\napp = FastAPI()\nfor found in discover():\n    app.include_router(found)\n"
    files = {"back/items.py": _ITEMS, "back/other.py": _OTHER, "back/main.py": main, "front/main.py": other}
    project = service(tmp_path, files)
    assert {r.name: r.mounted for r in project.routes.all}["GET /other"] is False


def test_what_is_served_is_told_first(tmp_path: Path) -> None:
    shared = "def work(): ...\n"
    dead = "from fastapi import APIRouter\nfrom shared import work\nrouter = APIRouter()\n@router.get('/dead')\ndef dead(): work()\n"
    main = """
from fastapi import FastAPI
from shared import work
app = FastAPI()
@app.get("/live")
def live(): work()
"""
    project = service(tmp_path, {"a_dead.py": dead, "main.py": main, "shared.py": shared})
    reach = project.calls.reach(project.index.functions["shared.work"])
    assert reach is not None
    assert [route.name for route in reach.routes] == ["GET /live", "GET /dead"]
    assert reach.doubt == ""
    dead_reach = project.calls.reach(project.index.functions["a_dead.dead"])
    assert dead_reach is not None
    assert "no app" in dead_reach.doubt
