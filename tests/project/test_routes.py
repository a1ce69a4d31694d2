"""Routes as FastAPI would assemble them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.project.dependencies import provider_of

from .trees import service


def routes(root: Path, files: dict[str, str]) -> dict[str, str]:
    """The handler of each route, by the route's name."""
    return {r.name: r.function.name for r in service(root, files).routes.all}


def dependencies(root: Path, files: dict[str, str], handler: str = "handler") -> list[str]:
    """What runs before a handler."""
    (route,) = [r for r in service(root, files).routes.all if r.function.name == handler]
    return [f.name for f in route.dependencies]


def test_prefixes_add_up_through_nested_routers(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/main.py": "from fastapi import FastAPI\nfrom app.api import api\napp = FastAPI()\napp.include_router(api, prefix='/api')\n",
        "app/api/__init__.py": "from fastapi import APIRouter\nfrom . import items\nfrom .users import router as users\napi = APIRouter(prefix='/v1')\napi.include_router(items.router, prefix=items.PREFIX)\napi.include_router(users, prefix=f'{items.PREFIX}/users')\n",
        "app/api/items.py": "from fastapi import APIRouter\nPREFIX = '/items'\nrouter = APIRouter()\n@router.get('/{id}')\ndef read(id: int): ...\n",
        "app/api/users.py": "from fastapi import APIRouter\nrouter = APIRouter(prefix='/x')\n@router.post('')\nasync def create(): ...\n@router.api_route('/both', methods=['PUT', 'delete'])\ndef both(): ...\n",
    }
    assert routes(tmp_path, files) == {
        "GET /api/v1/items/{id}": "read",
        "POST /api/v1/items/users/x": "create",
        "PUT /api/v1/items/users/x/both": "both",
    }


def test_a_router_included_twice_has_both_paths(tmp_path: Path) -> None:
    text = """
    from fastapi import APIRouter, FastAPI
    router = APIRouter()
    @router.get("/x")
    def handler(): ...
    app = FastAPI()
    app.include_router(router, prefix="/one")
    app.include_router(router, prefix="/two")
    """
    assert set(routes(tmp_path, {"app.py": text})) == {"GET /one/x", "GET /two/x"}


@pytest.mark.parametrize(
    "text",
    [
        "def create():\n    app = FastAPI()\n    @app.get('/x')\n    def handler(): ...\n    return app\n",
        "def create():\n    app = FastAPI()\n    app.include_router(router)\n    return app\napp = create()\nrouter = APIRouter()\n@router.get('/x')\ndef handler(): ...\n",
        "def include(app: FastAPI):\n    app.include_router(router)\napp = FastAPI()\ninclude(app)\nrouter = APIRouter()\n@router.get('/x')\ndef handler(): ...\n",
        "def handler(): ...\napp = FastAPI()\napp.add_api_route('/x', handler)\n",
        "def handler(): ...\nrouter = APIRouter()\nrouter.add_api_route(path='/x', endpoint=handler, methods=['GET'])\n",
        "class Api(FastAPI): ...\napp = Api()\n@app.get('/x')\ndef handler(): ...\n",
        "class MyRouter(APIRouter): ...\nrouter = MyRouter(prefix='')\n@router.get('/x')\ndef handler(): ...\n",
        "router = APIRouter()\n@router.get(path='/x')\ndef handler(): ...\n",
        "router: APIRouter = APIRouter()\n@router.get('/x')\ndef handler(): ...\n",
        "PATH = '/x'\nrouter = APIRouter()\n@router.get(PATH)\ndef handler(): ...\n",
        "class C:\n    X = '/x'\nrouter = APIRouter()\n@router.get(C.X)\ndef handler(): ...\n",
        "router = APIRouter()\nclass Controller:\n    @router.get('/x')\n    def handler(self): ...\n",
    ],
)
def test_every_way_to_write_a_route(tmp_path: Path, text: str) -> None:
    assert routes(tmp_path, {"app.py": "from fastapi import APIRouter, FastAPI\n" + text}) == {
        "GET /x": "handler"
    }


@pytest.mark.parametrize(
    "text",
    ["app = Other()\n@app.get('/x')\ndef handler(): ...\n", "cache = {}\ncache.get('/x')\n", "import client\n@client.get('/x')\ndef handler(): ...\n"],
)  # fmt: skip
def test_what_only_looks_like_a_route(tmp_path: Path, text: str) -> None:
    assert routes(tmp_path, {"app.py": text}) == {}


def test_a_path_that_nobody_can_read_says_so(tmp_path: Path) -> None:
    text = "import os\nfrom fastapi import FastAPI\napp = FastAPI()\n@app.get(os.environ['P'] + '/x')\ndef handler(): ...\n"
    assert routes(tmp_path, {"app.py": text}) == {"GET {...}": "handler"}


def test_websockets_middleware_and_error_handlers_are_told_apart(tmp_path: Path) -> None:
    text = """
    from fastapi import FastAPI, WebSocket
    from starlette.middleware.base import BaseHTTPMiddleware
    class Timer(BaseHTTPMiddleware):
        async def dispatch(self, request, call_next): ...
    class Pure:
        async def __call__(self, scope, receive, send): ...
    app = FastAPI(lifespan=lifespan)
    app.add_middleware(Timer)
    app.add_middleware(Pure)
    async def lifespan(app): yield
    @app.middleware("http")
    async def log(request, call_next): ...
    @app.exception_handler(ValueError)
    async def answer(request, error): ...
    @app.websocket("/ws")
    async def talk(socket: WebSocket): ...
    async def listen(socket: WebSocket): ...
    app.add_api_websocket_route("/more", listen)
    """
    project = service(tmp_path, {"app.py": text})
    assert sorted((r.kind, r.function.name) for r in project.routes.all) == [
        ("handler", "answer"), ("middleware", "__call__"), ("middleware", "dispatch"), ("middleware", "log"),
        ("websocket", "listen"), ("websocket", "talk"),
    ]  # fmt: skip
    assert sorted(r.name for r in project.routes.all if r.kind == "websocket") == [
        "WEBSOCKET /more",
        "WEBSOCKET /ws",
    ]
    assert [f.name for f in project.routes.lifespans] == ["lifespan"]


DEPENDS = """
from typing import Annotated
from fastapi import APIRouter, Depends, FastAPI, Security
def inner(): ...
def first(x=Depends(inner)): ...
async def second(): yield 1
class Checker:
    def __init__(self, role: str): ...
    def __call__(self, x: Annotated[int, Depends(inner)]): ...
class Filter:
    def __init__(self, q: str = ""): ...
check = Checker("a")
SecondDep = Annotated[int, Depends(second)]
"""


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("def handler(x=Depends(first)): ...", ["first", "inner"]),
        ("def handler(x: SecondDep): ...", ["second"]),
        ("def handler(x: Annotated[int, Security(first)]): ...", ["first", "inner"]),
        ("def handler(x=Depends(check)): ...", ["__call__", "inner"]),
        ("def handler(x=Depends(Checker('b'))): ...", ["__call__", "inner"]),
        ("def handler(x: Filter = Depends()): ...", ["__init__"]),
        ("def handler(x: Annotated[Filter, Depends()]): ...", ["__init__"]),
        ("def handler(x: 'SecondDep'): ...", ["second"]),
        ("def handler(x=first): ...", []),
    ],
)
def test_dependencies_in_every_spelling(tmp_path: Path, head: str, expected: list[str]) -> None:
    text = DEPENDS + f"\nrouter = APIRouter()\n@router.get('/x')\n{head}\n"
    assert dependencies(tmp_path, {"app.py": text}) == expected


def test_dependencies_of_app_router_inclusion_and_decorator_come_first(tmp_path: Path) -> None:
    text = DEPENDS + """
def a(): ...
def b(): ...
def c(): ...
app = FastAPI(dependencies=[Depends(a)])
router = APIRouter(dependencies=[Depends(b)])
@router.get("/x", dependencies=[Depends(c)])
def handler(x: SecondDep): ...
app.include_router(router, dependencies=[Depends(first)])
"""  # fmt: skip
    assert dependencies(tmp_path, {"app.py": text}) == ["a", "first", "inner", "b", "c", "second"]


def test_dependencies_in_a_circle_end(tmp_path: Path) -> None:
    text = (
        DEPENDS
        + "def a(x=Depends(lambda: 1), y=Depends(b)): ...\ndef b(x=Depends(a)): ...\nrouter = APIRouter()\n@router.get('/x')\ndef handler(x=Depends(a)): ...\n"
    )
    assert set(dependencies(tmp_path, {"app.py": text})) <= {"a", "b"}


def test_routers_that_include_each_other_end(tmp_path: Path) -> None:
    text = "from fastapi import APIRouter\na = APIRouter(prefix='/a')\nb = APIRouter(prefix='/b')\na.include_router(b)\nb.include_router(a)\n@a.get('/x')\ndef handler(): ...\n"
    assert all("/x" in name for name in routes(tmp_path, {"app.py": text}))


def test_an_app_mounted_at_the_root_adds_nothing_to_paths(tmp_path: Path) -> None:
    text = """
    from fastapi import FastAPI
    inner = FastAPI()
    @inner.get("/x")
    def handler(): ...
    app = FastAPI()
    app.mount("/", inner)
    """
    assert set(routes(tmp_path, {"app.py": text})) == {"GET /x"}


def test_a_class_with_handlers_depends_by_its_attributes(tmp_path: Path) -> None:
    text = """
    from typing import Annotated
    from fastapi import APIRouter, Depends
    from mine import controller
    def session(): ...
    def other(): ...
    def user(session=Depends(session)): ...
    router = APIRouter()
    class Base:
        session: str = Depends(other)
        limit: int = 5
    @controller(router)
    class Items(Base):
        session: str = Depends(session)
        user: Annotated[str, Depends(user)]
        @router.get("/x")
        def handler(self): ...
    """
    assert dependencies(tmp_path, {"app.py": text}) == ["session", "user"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"web/main.py": "app = FastAPI()\n"}, ["web.main:app"]),
        ({"web/main.py": "def create_app():\n    app_ = FastAPI()\n    return app_\n"}, ["web.main:create_app --factory"]),
        (
            {"web/main.py": "def create_app():\n    app_ = FastAPI()\n    return app_\n\n\nserver = create_app()\n"},
            ["web.main:server"],
        ),
        (
            {
                "web/make.py": "def create_app():\n    app_ = FastAPI()\n    return app_\n",
                "web/run.py": "from web.make import create_app\n\nserver = create_app()\n",
            },
            ["web.run:server"],
        ),
        (
            {"web/main.py": "class Server:\n    @classmethod\n    def make(cls):\n        app_ = FastAPI()\n        return app_\n"},
            ["web.main:Server.make --factory"],
        ),
        (
            {"web/main.py": "def make():\n    def inner():\n        app_ = FastAPI()\n        return app_\n    return inner()\n"},
            ["web.main:make --factory"],
        ),
    ],
    ids=["name", "factory", "its result", "its result elsewhere", "method", "function inside"],
)  # fmt: skip
def test_an_app_is_named_as_a_server_takes_it(tmp_path: Path, files: dict[str, str], said: list[str]) -> None:
    whole = {name: "from fastapi import FastAPI\n\n" + text for name, text in files.items()}
    found = service(tmp_path, {"web/__init__.py": "", **whole}).routes
    assert [found.served_as(app) for app in found.apps] == said


def test_the_provider_of_a_parameter_is_found_in_either_spelling(tmp_path: Path) -> None:
    text = """
    from typing import Annotated
    from fastapi import Depends, FastAPI
    from fastapi.security import HTTPBearer
    app = FastAPI()
    bearer = HTTPBearer()
    def user(): ...
    @app.get("/")
    def handler(one: Annotated[str, Depends(user)], size: int, two=Depends(bearer)): ...
    """
    project = service(tmp_path, {"main.py": text})
    (route,) = project.routes.all
    found = {
        p.name: provider_of(project.types, route.function, p.name) for p in route.function.node.parameters
    }
    assert {name: target and target.name for name, target in found.items()} == {
        "one": "main.user",
        "size": None,
        "two": "fastapi.security.HTTPBearer",
    }
    assert provider_of(project.types, route.function, "no such parameter") is None


@pytest.mark.parametrize(
    "text",
    [
        "def protected(method, path, scopes=None):\n    def wrap(f): return method(path)(f)\n    return wrap\nrouter = APIRouter(prefix='/a')\n@protected(router.get, '/x', ['read'])\ndef handler(): ...\n",
        "def protected(scopes, *, method, path):\n    ...\nrouter = APIRouter(prefix='/a')\nclass Router(APIRouter): ...\nother = Router(prefix='/a')\n@other.get('/x')\ndef handler(): ...\n",
        "def handler(): ...\nrouter = APIRouter(prefix='/a')\nrouter.get('/x')(handler)\n",
        "class Items:\n    def __init__(self):\n        self.router = APIRouter(prefix='/a')\n        self.router.add_api_route('/x', self.handler, methods=['GET'])\n    def handler(self): ...\n",
    ],
    ids=["handed to a decorator", "router of a class", "called", "method"],
)  # fmt: skip
def test_every_spelling_of_a_route_is_read(tmp_path: Path, text: str) -> None:
    head = "from fastapi import APIRouter, FastAPI\n"
    assert routes(tmp_path, {"main.py": head + text}) == {"GET /a/x": "handler"}


@pytest.mark.parametrize(
    "text",
    [
        "app = FastAPI()\n@app.on_event('startup')\ndef begin(): ...\n@app.on_event('shutdown')\ndef end(): ...\n",
        "def begin(): ...\napp = FastAPI(on_startup=[begin])\n",
        "def begin(): ...\napp = FastAPI()\napp.add_event_handler('startup', begin)\napp.add_event_handler('shutdown', begin)\n",
        "async def begin(app): yield\napp = FastAPI(lifespan=begin)\n",
    ],
)
def test_what_runs_as_the_service_starts(tmp_path: Path, text: str) -> None:
    project = service(tmp_path, {"main.py": "from fastapi import FastAPI\n" + text})
    assert [f.name for f in project.routes.starting] == ["begin"]
    assert project.routes.all == []


def test_middleware_given_to_the_app_runs_on_requests(tmp_path: Path) -> None:
    text = """
    from fastapi import FastAPI
    from starlette.middleware import Middleware
    class Timer:
        async def __call__(self, scope, receive, send): ...
    app = FastAPI(middleware=[Middleware(Timer)])
    """
    assert routes(tmp_path, {"main.py": text}) == {"middleware __call__": "__call__"}


def test_a_dependency_that_the_service_overrides_does_not_run(tmp_path: Path) -> None:
    text = """
    from functools import partial
    from fastapi import Depends, FastAPI
    app = FastAPI()
    def slow(): ...
    def fast(): ...
    def bound(size): ...
    @app.get("/")
    def handler(one=Depends(slow), two=Depends(partial(bound, 3))): ...
    """
    override = "\napp.dependency_overrides[slow] = fast\n"
    assert dependencies(tmp_path / "as-it-is", {"main.py": text}) == ["slow", "bound"]
    inside = {"main.py": text, "tests/conftest.py": f"from main import app, fast, slow{override}"}
    assert dependencies(tmp_path / "in-tests", inside) == ["slow", "bound"]
    wiring = {"main.py": text, "wiring.py": f"from main import app, fast, slow{override}"}
    assert dependencies(tmp_path / "wired", wiring) == ["fast", "bound"]


def test_the_backend_of_the_authentication_runs_on_requests(tmp_path: Path) -> None:
    text = """
    from fastapi import FastAPI
    from starlette.authentication import AuthenticationBackend
    from starlette.middleware.authentication import AuthenticationMiddleware
    class Tokens(AuthenticationBackend):
        async def authenticate(self, conn): ...
    app = FastAPI()
    app.add_middleware(AuthenticationMiddleware, backend=Tokens())
    """
    assert routes(tmp_path, {"main.py": text}) == {"middleware authenticate": "authenticate"}


def test_routers_that_a_function_makes_together_keep_what_it_gives_them(tmp_path: Path) -> None:
    files = {
        "routers.py": "from fastapi import APIRouter, Depends\ndef user(): ...\ndef more(): ...\ndef make(extra=[]):\n"
        "    public = APIRouter()\n    private = APIRouter(prefix='/own', dependencies=[Depends(user)] + [Depends(more)])\n"
        "    return public, private\n",
        "main.py": "from fastapi import FastAPI\nfrom routers import make\npublic, private = make()\n@public.get('/a')\ndef open(): ...\n"
        "@private.get('/b')\ndef handler(): ...\napp = FastAPI()\napp.include_router(public)\napp.include_router(private, prefix='/api')\n",
    }
    assert routes(tmp_path, files) == {"GET /a": "open", "GET /api/own/b": "handler"}
    assert dependencies(tmp_path, files) == ["user", "more"]
    assert dependencies(tmp_path, files, "open") == []


def test_a_router_that_is_never_mounted_adds_no_routes(tmp_path: Path) -> None:
    """Where some way leads to an app, the others are no routes; where none does, it is mounted somewhere unseen."""
    text = """
from fastapi import APIRouter, FastAPI
items = APIRouter()
lost = APIRouter()
@items.get("/items")
def read(): ...
@lost.get("/lost")
def other(): ...
unused = APIRouter(prefix="/old")
unused.include_router(items)
app = FastAPI()
app.include_router(items, prefix="/v1")
"""
    project = service(tmp_path, {"main.py": text})
    assert sorted(route.name for route in project.routes.all) == ["GET /lost", "GET /v1/items"]


def test_needs_are_kept_as_they_are_written(tmp_path: Path) -> None:
    main = """\
from typing import Annotated
from fastapi import APIRouter, Depends, FastAPI

def first(): ...
def second(): ...
def third(): ...
router = APIRouter(dependencies=[Depends(second)])
@router.get("/", dependencies=[Depends(third, use_cache=False)])
def handler(a: Annotated[int, Depends(first, use_cache=False)], b: int = Depends(second), c: int = 3): ...
app = FastAPI(dependencies=[Depends(first)])
app.include_router(router)
"""
    found = service(tmp_path, {"main.py": main}).routes
    (route,) = found.all
    needs = [*route.listed, *found.dependencies.needs(route.function)]
    assert [
        (given.name, need.is_cached)
        for need in needs
        if (given := found.dependencies.given_by(need.provider, need.scope)) is not None
    ] == [("first", True), ("second", True), ("third", False), ("first", False), ("second", True)]


def test_a_dependency_may_have_a_name_of_its_own(tmp_path: Path) -> None:
    shared = """\
from functools import partial
from fastapi import Depends

def session(url): yield url
def user(): ...
opened = partial(session, "sqlite://")
db = Depends(opened)
known: int = Depends(user)
"""
    main = """\
from fastapi import Depends, FastAPI
from shared import db, known, opened

app = FastAPI()
@app.get("/a")
def first(given=db, other=known): ...
@app.get("/b")
def second(given=Depends(opened)): ...
"""
    routes = service(tmp_path, {"main.py": main, "shared.py": shared}).routes
    assert [[d.name for d in route.dependencies] for route in routes.all] == [
        ["session", "user"],
        ["session"],
    ]
