"""`base-http-middleware`: pure ASGI middleware answers as the one it was made of, and what cannot be so is left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .served import client
from .trees import apply, is_formatted, patched, proposals, reason, write

BASE = "base-http-middleware"
HEAD = """\
import time
from contextvars import ContextVar

from fastapi import BackgroundTasks, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.middleware.base import BaseHTTPMiddleware

app = FastAPI()
user: ContextVar[str] = ContextVar("user", default="nobody")
seen: list[str] = []


def token(request: Request) -> str:
    return request.headers.get("x-token", "")


async def text(request: Request) -> bytes:
    return await request.body()


"""
TAIL = """

@app.get("/me")
async def me() -> str:
    return user.get()


@app.get("/stream")
async def stream() -> StreamingResponse:
    return StreamingResponse(iter(["a", "b"]), headers={"x-kind": "letters"})


@app.post("/echo", status_code=201)
async def echo(body: dict[str, int], later: BackgroundTasks) -> dict[str, int]:
    later.add_task(seen.append, f"later {user.get()}")
    return body


@app.get("/gone")
async def gone() -> None:
    raise HTTPException(404, "gone")


@app.get("/broken")
async def broken() -> None:
    raise ValueError("broken")
"""
KNOWN = {"headers": {"x-token": "secret"}}
ASKED: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/me", {}),
    ("GET", "/me", KNOWN),
    ("GET", "/me?early=1", {}),
    ("GET", "/me?early=1", KNOWN),
    ("GET", "/stream", KNOWN),
    ("POST", "/echo", {"json": {"a": 1}, **KNOWN}),
    ("POST", "/echo", {"json": {"a": "b"}, **KNOWN}),
    ("GET", "/gone", KNOWN),
    ("GET", "/broken", KNOWN),
]
FUNCTIONS = {
    "refuses": """\
@app.middleware("http")
async def only_known(request: Request, call_next):
    # no token, no answer
    if not token(request):
        return JSONResponse(
            {"detail": "no token"}, status_code=401, headers={"www-authenticate": "Bearer"}
        )
    elif request.query_params.get("early"):
        answer = JSONResponse({"early": True})
        return answer
    return await call_next(request)
""",
    "headers": """\
@app.middleware("http")
async def named(request, call_next):
    response = await call_next(request)
    response.headers["x-path"] = request.url.path
    if "x-kind" in response.headers:
        response.headers.append("x-kind", f"{response.status_code} more")
    seen.append(f"{request.method} {response.status_code}")
    return response
""",
    "variable": """\
@app.middleware("http")
async def as_user(request: Request, call_next):
    \"\"\"Say who asks,

    by the token.
    \"\"\"
    kept = user.set(token(request) or "somebody")
    try:
        response = await call_next(request)
        response.headers["x-user"] = user.get()
        return response
    finally:
        user.reset(kept)
""",
    "errors": """\
@app.middleware("http")
async def log_errors(request: Request, call_next):
    try:
        response = await call_next(request)
    except ValueError as error:
        seen.append(f"failed {error}")
        raise
    return response
""",
    "state": """\
@app.middleware("http")
async def noted(request: Request, call_next):
    if request.url.path == "/gone":
        return await call_next(request)

    request.state.since = time.monotonic()
    # the app itself
    response: JSONResponse = await call_next(request)

    # how it went
    took = time.monotonic() - request.state.since
    if took < 0:
        response.headers["x-odd"] = str(took)

    return response
""",
}
CLASS = """\
class Counting(BaseHTTPMiddleware):
    \"\"\"Counts what it lets through.\"\"\"

    most = 3

    def __init__(self, app, start: int = 0) -> None:
        super().__init__(app)
        self.count = start

    async def dispatch(self, request: Request, call_next):
        self.count += 1
        if self.count > self.most:
            return JSONResponse({"most": self.most}, status_code=429)
        response = await call_next(request)
        response.headers["x-count"] = str(self.count)
        return response


app.add_middleware(Counting, start=-2)
"""


def answers(root: Path) -> list[Any]:
    """What the app answers to some requests, and what its middleware noted."""
    asked, module = client(root)
    given: list[Any] = []
    for method, path, options in ASKED:
        answer = asked.request(method, path, **options)
        given.append((answer.status_code, sorted(answer.headers.multi_items()), answer.text))
    return [*given, module.seen]


@pytest.mark.parametrize("name", [*FUNCTIONS, "class"])
def test_the_answers_are_the_same(name: str, tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": HEAD + FUNCTIONS.get(name, CLASS) + TAIL})
    before = answers(root)
    patched(root, BASE)
    assert answers(root) == before
    assert is_formatted(root, ["main.py"])
    text = (root / "main.py").read_text()
    assert ("BaseHTTPMiddleware" in text) is (name != "class")
    # a name that an `__init__` of the class's own does not use is not imported
    assert ("ASGIApp" in text) is (name != "class")


def test_the_form_of_a_function(tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": HEAD + FUNCTIONS["state"] + TAIL})
    patched(root, BASE)
    assert """

class NotedMiddleware:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if request.url.path == "/gone":
            await self.app(scope, receive, send)
            return

        request.state.since = time.monotonic()

        async def send_wrapper(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                # how it went
                took = time.monotonic() - request.state.since
                if took < 0:
                    headers["x-odd"] = str(took)
            await send(message)

        # the app itself
        await self.app(scope, receive, send_wrapper)


app.add_middleware(NotedMiddleware)


@app.get("/me")
""" in (root / "main.py").read_text()


def test_a_function_within_a_function_and_its_docstring(tmp_path: Path) -> None:
    inner = "".join(
        "    " + line if line.strip() else line for line in FUNCTIONS["variable"].splitlines(True)
    )
    root = write(tmp_path, {"main.py": f"{HEAD}def add(app: FastAPI) -> None:\n{inner}\n\nadd(app)\n{TAIL}"})
    before = answers(root)
    patched(root, BASE)
    assert answers(root) == before
    assert is_formatted(root, ["main.py"])
    assert (
        '            """Say who asks,\n\n            by the token.\n            """\n'
        in (root / "main.py").read_text()
    )


def test_a_function_that_uses_the_self_of_its_method_is_left(tmp_path: Path) -> None:
    method = """\
class Server:
    kind = "shop"

    def add(self, app: FastAPI) -> None:
        @app.middleware("http")
        async def noted(request: Request, call_next):
            request.state.kind = self.kind
            return await call_next(request)


Server().add(app)
"""
    root = write(tmp_path, {"main.py": HEAD + method + TAIL})
    assert "`noted`: it uses the `self` of the method" in reason(root, BASE)


def test_those_that_can_are_written_so_and_the_others_are_named(tmp_path: Path) -> None:
    reading = '@app.middleware("http")\nasync def sized(request: Request, call_next):\n    print(await text(request))\n    return await call_next(request)\n'
    root = write(
        tmp_path, {"main.py": HEAD + FUNCTIONS["refuses"] + "\n\n" + reading + "\n\n" + CLASS + TAIL}
    )
    before = answers(root)
    (patch,) = proposals(root, BASE)
    assert not hasattr(patch, "reason")
    assert patch.title == "Write only_known, Counting as pure ASGI"
    assert patch.routes == ("GET /me", "GET /stream", "GET /gone", "GET /broken")
    assert "`sized`: `text` is given the request, and may read its body" in patch.risk
    apply(root, patch)
    assert answers(root) == before
    assert "async def sized" in (root / "main.py").read_text()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("    print(await request.body())\n    return await call_next(request)", "`request.body`"),
        ("    return await call_next(Request(request.scope))", "called with another request"),
        ("    with open('log'):\n        return await call_next(request)", "a block that ends"),
        ("    try:\n        return await call_next(request)\n    finally:\n        print()", "`finally`"),
        ("    try:\n        return await call_next(request)\n    except ValueError:\n        return None", "handled otherwise"),
        ("    try:\n        if request.url:\n            return JSONResponse({})\n    except ValueError:\n        print()\n    return await call_next(request)", "errors are handled"),
        ("    response = await call_next(request)\n    if response.status_code == 404:\n        return JSONResponse({})\n    return response", "something else"),
        ("    response = await call_next(request)\n    response.set_cookie('a', 'b')\n    return response", "`response.set_cookie`"),
        ("    response = await call_next(request)\n    response.status_code = 201\n    return response", "`response.status_code`"),
        ("    response = await call_next(request)\n    print(response)\n    return response", "`print(response)`"),
        ("    many = 1\n    response = await call_next(request)\n    many += 1\n    return response", "`many` is set before and after"),
        ("    response = await call_next(request)\n    headers = 1\n    return response", "a name `headers` of its own"),
        ("    message = 1\n    return await call_next(request)", "a name `message` of its own"),
        ("    return JSONResponse({})", "never calls the app"),
        ("    if request.url:\n        return None\n    return await call_next(request)", "answer with nothing"),
        ("    '''Hands on to call_next.'''\n    return await call_next(request)", "docstring"),
        ("    print(named)\n    return await call_next(request)", "used elsewhere"),
        ("    (await call_next(request)).headers['a'] = 'b'\n    return JSONResponse({})", "neither returned nor given a name"),
        ("    with open('log'):\n        return JSONResponse({})\n    return await call_next(request)", "within a block"),
    ],
)  # fmt: skip
def test_declined(body: str, words: str, tmp_path: Path) -> None:
    function = f'@app.middleware("http")\nasync def named(request: Request, call_next):\n{body}\n'
    root = write(tmp_path, {"main.py": HEAD + function + TAIL})
    assert words in reason(root, BASE)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("super().__init__(app)", "super().__init__(app, self.dispatch)", "hands more than the app"),
        ("app.add_middleware", "class More(Counting):\n    pass\n\n\napp.add_middleware", "`More` is derived"),
        ("app.add_middleware", "Counting.dispatch(1)\napp.add_middleware", "calls its `dispatch`"),
        ("Counting(BaseHTTPMiddleware)", "Counting(BaseHTTPMiddleware, dict)", "other bases"),
        ("request: Request, call_next):", "request: Request, call_next, more=1):", "other parameters"),
        ("request: Request, call_next):", "request: Later, call_next):", "`Later` is not imported"),
    ],
)  # fmt: skip
def test_classes_that_are_left(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in CLASS
    root = write(
        tmp_path,
        {
            "main.py": HEAD
            + CLASS.replace(old, new).replace("self.count += 1", "self.count += len(request.headers)")
            + TAIL
        },
    )
    assert words in reason(root, BASE)
