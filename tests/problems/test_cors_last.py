"""`middleware-order`: the CORS middleware moves below those that refuse, in the same block."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.problems import discover

from .choices import chosen, mended, refused
from .served import client
from .test_readmes import examples
from .trees import is_formatted, write

ORDER = "middleware-order"
OPTION = "cors-outermost"
MAIN = """\
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from starlette.middleware.base import BaseHTTPMiddleware

STRICT = True


class WithKey(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if "x-key" not in request.headers:
            return JSONResponse({}, status_code=401)
        return await call_next(request)


def create() -> FastAPI:
    made = FastAPI()

    # for the shop's pages
    made.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"])

    if STRICT:
        made.add_middleware(WithKey)

    return made


app = create()


@app.get("/trees")
async def trees() -> list[str]:
    return []
"""


def test_bad_becomes_good(tmp_path: Path) -> None:
    problem = discover()[ORDER]
    root = write(tmp_path, examples(problem, "Bad"))
    mended(root, ORDER, OPTION)
    assert {"app/main.py": (root / "app/main.py").read_text()} == examples(problem, "Good")


def test_it_moves_below_a_branch_and_pages_can_read_what_they_are_refused(tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": MAIN})
    headers = {"origin": "https://shop.example"}
    before = client(root)[0].get("/trees", headers=headers)
    assert before.status_code == 401
    assert "access-control-allow-origin" not in before.headers
    (patch,) = chosen(root, ORDER, OPTION)
    assert getattr(patch, "routes", ()) == ("GET /trees",)
    mended(root, ORDER, OPTION)
    after = client(root)[0].get("/trees", headers=headers)
    assert (after.status_code, after.headers["access-control-allow-origin"]) == (401, "https://shop.example")
    text = (root / "main.py").read_text()
    assert (
        "    made = FastAPI()\n\n    if STRICT:\n        made.add_middleware(WithKey)\n\n    # for the shop's pages\n"
        '    made.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"])\n\n    return made\n'
        in text
    )
    assert is_formatted(root, ["main.py"])


def test_the_last_statement_of_a_file_without_an_end(tmp_path: Path) -> None:
    text = (
        MAIN[: MAIN.index("def create")]
        + "app = FastAPI()\napp.add_middleware(CORSMiddleware)\napp.add_middleware(WithKey)"
    )
    root = write(tmp_path, {"main.py": text})
    mended(root, ORDER, OPTION)
    assert (
        (root / "main.py")
        .read_text()
        .endswith("app.add_middleware(WithKey)\napp.add_middleware(CORSMiddleware)")
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    made.add_middleware(CORS", "    if STRICT:\n        made.add_middleware(CORS", "one block of code"),
        ("    made.add_middleware(CORS", "    print(); made.add_middleware(CORS", "shares its line"),
        ("    made.add_middleware(CORS", "    given = made.add_middleware(CORS", "statement of its own"),
    ],
)  # fmt: skip
def test_declined(old: str, new: str, words: str, tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": MAIN.replace(old, new)})
    assert words in refused(root, ORDER, OPTION)
