"""`no-compression`: the GZip middleware, added where the app is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.data import Patch
from pitstop.problems import discover

from .choices import chosen, mended, refused
from .served import client
from .test_readmes import examples
from .trees import is_formatted, write

PROBLEM = "no-compression"
OPTION = "gzip"
MAIN = """\
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.middleware.base import BaseHTTPMiddleware


class Tree(BaseModel):
    name: str


class Timed(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers["x-timed"] = "1"
        return response


def create() -> FastAPI:
    made = FastAPI(title="trees")

    made.add_middleware(Timed)

    @made.get("/trees")
    async def trees() -> list[Tree]:
        return [Tree(name="oak") for _ in range(500)]

    @made.get("/few")
    async def few() -> list[Tree]:
        return [Tree(name="oak")]

    @made.get("/none")
    async def none() -> list[Tree]:
        return []

    return made


app = create()
"""


def test_bad_becomes_good(tmp_path: Path) -> None:
    problem = discover()[PROBLEM]
    root = write(tmp_path, examples(problem, "Bad"))
    mended(root, PROBLEM, OPTION)
    assert {"app/main.py": (root / "app/main.py").read_text()} == examples(problem, "Good")
    for length in (88, 110):
        assert is_formatted(root, ["app/main.py"], length)


def test_it_stands_inside_of_other_middleware_and_leaves_small_answers_alone(tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": MAIN})
    plain = client(root)[0].get("/trees")
    diff = mended(root, PROBLEM, OPTION)
    assert "+from starlette.middleware.gzip import GZipMiddleware\n" in diff
    assert "+    made.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=4)\n" in diff
    asked = client(root)[0]
    packed = asked.get("/trees")
    assert packed.json() == plain.json()
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) * 10 < int(plain.headers["content-length"])
    # Outside of `Timed` each answer would look like a stream, and be compressed whatever its size.
    assert "content-encoding" not in asked.get("/few").headers
    assert "content-encoding" not in asked.get("/trees", headers={"accept-encoding": "identity"}).headers


def test_what_is_handed_over_by_the_patch(tmp_path: Path) -> None:
    (patch,) = chosen(write(tmp_path, {"main.py": MAIN}), PROBLEM, OPTION)
    assert isinstance(patch, Patch)
    assert patch.aims == ("bytes",)
    assert patch.meant.compressed
    assert set(patch.routes) == {"GET /trees", "GET /few", "GET /none"}


EVENTS = '\n\ndef events() -> str:\n    return "text/event-stream"\n'


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('title="trees"', 'middleware=[]', "handed its middleware as a list"),
        ('made = FastAPI(title="trees")', 'made = other = FastAPI(title="trees")', "no name by a statement of its own"),
        ('response.headers["x-timed"] = "1"', 'print([piece async for piece in response.body_iterator])', "`Timed` looks at the bodies"),
    ],
)  # fmt: skip
def test_declined(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in MAIN
    root = write(tmp_path, {"main.py": MAIN.replace(old, new)})
    assert words in refused(root, PROBLEM, OPTION)


@pytest.mark.parametrize("pin", ["starlette==0.45.3", "fastapi==0.115.9"])
def test_events_are_not_kept_back_by_an_old_version(pin: str, tmp_path: Path) -> None:
    root = write(tmp_path / "old", {"main.py": MAIN + EVENTS, "requirements.txt": f"{pin}\n"})
    assert "main.py sends events" in refused(root, PROBLEM, OPTION)
    root = write(tmp_path / "none", {"main.py": MAIN, "requirements.txt": f"{pin}\n"})
    assert mended(root, PROBLEM, OPTION)


@pytest.mark.parametrize("pin", ["starlette==0.46.0", "fastapi==0.115.10"])
def test_events_are_left_alone_by_newer_ones(pin: str, tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": MAIN + EVENTS, "requirements.txt": f"{pin}\n"})
    assert mended(root, PROBLEM, OPTION)
