"""What is wrapped around an app: which middleware, on which app, in which order, in which spelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import service

HEAD = """
from fastapi import FastAPI, Request
from fastapi.middleware import Middleware
from fastapi.middleware.gzip import GZipMiddleware
from starlette.middleware.base import BaseHTTPMiddleware


class Plain:
    def __init__(self, app): self.app = app
    async def __call__(self, scope, receive, send): await self.app(scope, receive, send)


class Wrapping(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next): return await call_next(request)


async def passing(request: Request, call_next): return await call_next(request)
"""


def stack(tmp_path: Path, text: str, **more: str) -> list[tuple[str, str, bool, bool]]:
    """App, name, whether it is a BaseHTTPMiddleware and whether a branch decides about it."""
    files = {"app.py": HEAD + text, **{f"{name}.py": content for name, content in more.items()}}
    found = service(tmp_path, files).middleware.all
    return [(m.app, m.last_name, m.is_base, m.conditional) for m in found]


@pytest.mark.parametrize(
    ("text", "name", "is_base"),
    [
        ("app = FastAPI()\napp.add_middleware(Plain)", "Plain", False),
        ("app = FastAPI()\napp.add_middleware(Wrapping)", "Wrapping", True),
        ("app = FastAPI()\napp.add_middleware(GZipMiddleware)", "GZipMiddleware", False),
        ("app = FastAPI()\napp.add_middleware(BaseHTTPMiddleware, dispatch=passing)", "passing", True),
        ("app = FastAPI()\napp.middleware('http')(passing)", "passing", True),
        ("app = FastAPI()\n@app.middleware('http')\nasync def f(request, call_next): ...", "f", True),
        ("app = FastAPI(middleware=[Middleware(Wrapping)])", "Wrapping", True),
        ("items = [Middleware(Wrapping)]\napp = FastAPI(middleware=items)", "Wrapping", True),
        (
            "def items(): return [Middleware(Wrapping)]\napp = FastAPI(middleware=items())",
            "Wrapping",
            True,
        ),
    ],
)
def test_every_spelling_is_read(tmp_path: Path, text: str, name: str, is_base: bool) -> None:
    assert stack(tmp_path, text) == [("app:app", name, is_base, False)]


def test_they_come_in_the_order_in_which_they_are_added(tmp_path: Path) -> None:
    text = """
app = FastAPI(middleware=[Middleware(Plain), Middleware(GZipMiddleware)])
@app.middleware('http')
async def f(request, call_next): ...
if True:
    app.add_middleware(Wrapping)
"""
    assert stack(tmp_path, text) == [
        ("app:app", "GZipMiddleware", False, False),
        ("app:app", "Plain", False, False),
        ("app:app", "f", True, False),
        ("app:app", "Wrapping", True, True),
    ]


def test_what_a_function_adds_belongs_to_the_apps_it_is_called_with(tmp_path: Path) -> None:
    text = """
from extra import install
first = FastAPI()
second = FastAPI()
third = FastAPI()
install(first)
if False:
    install(app=second)
"""
    extra = "from app import Plain\ndef install(app): app.add_middleware(Plain)"
    assert stack(tmp_path, text, extra=extra) == [
        ("app:first", "Plain", False, False),
        ("app:second", "Plain", False, True),
    ]


def test_the_only_app_there_is_gets_what_nobody_is_seen_to_call(tmp_path: Path) -> None:
    text = "app = FastAPI()\ndef install(app: FastAPI): app.add_middleware(Plain)"
    assert stack(tmp_path, text) == [("app:app", "Plain", False, False)]


def test_other_things_have_a_method_of_that_name_too(tmp_path: Path) -> None:
    text = """
class Bus:
    def middleware(self, topic): return lambda f: f
    def add_middleware(self, cls): ...
app = FastAPI()
bus = Bus()
bus.add_middleware(Plain)
@bus.middleware('orders')
async def f(message, call_next): ...
"""
    assert stack(tmp_path, text) == []
