"""`shadowed-route`: which routes may move before the one that answers for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.problems import discover

from .choices import mended, refused
from .test_readmes import examples
from .trees import is_formatted, write

SHADOWED = "shadowed-route"
MAIN = """\
from fastapi import Depends, FastAPI

app = FastAPI()


def limit() -> int:
    return 10


# one of them
@app.get("/trees/{kind}")  # by its kind
async def tree(kind: str) -> str:
    return kind


TALL = 30


@app.get("/trees/{kind}/leaves")
async def leaves(kind: str) -> int:
    return TALL


# the tallest
# of all
@app.get("/trees/tallest")
async def tallest(limit: int = Depends(limit)) -> int:
    return min(TALL, limit)


@app.post("/trees")
async def plant() -> None:
    return None
"""
TALLEST = """\
# the tallest
# of all
@app.get("/trees/tallest")
async def tallest(limit: int = Depends(limit)) -> int:
    return min(TALL, limit)


"""


def test_bad_becomes_good(tmp_path: Path) -> None:
    problem = discover()[SHADOWED]
    root = write(tmp_path, examples(problem, "Bad"))
    mended(root, SHADOWED, "move")
    assert {"app/main.py": (root / "app/main.py").read_text()} == examples(problem, "Good")


def test_the_route_moves_with_its_comments(tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": MAIN})
    mended(root, SHADOWED, "move")
    assert (root / "main.py").read_text() == MAIN.replace(TALLEST, "").replace(
        "# one of them", TALLEST + "# one of them"
    )
    assert is_formatted(root, ["main.py"])


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_last_route_of_a_file_without_an_end(newline: str, tmp_path: Path) -> None:
    text = MAIN[: MAIN.index("\n\n\n@app.post")].replace("\n", newline)
    root = write(tmp_path, {"main.py": text})
    mended(root, SHADOWED, "move")
    after = (root / "main.py").read_bytes().decode()
    assert after.index("def tallest") < after.index("def tree")
    assert after.endswith(f"return TALL{newline}")


def test_methods_of_a_class_move_within_it(tmp_path: Path) -> None:
    text = (
        "from fastapi import APIRouter, FastAPI\n\nrouter = APIRouter()\n\n\nclass Trees:\n"
        '    @router.get("/trees/{kind}")\n    def tree(self, kind: str):\n        return kind\n\n'
        "    # --- lists\n\n"
        '    @router.get("/trees/all")\n    def every(self):\n        return []\n\n\n'
        "app = FastAPI()\napp.include_router(router)\n"
    )
    root = write(tmp_path, {"main.py": text})
    mended(root, SHADOWED, "move")
    after = (root / "main.py").read_text()
    assert (
        'Trees:\n    @router.get("/trees/all")\n    def every(self):\n        return []\n\n    @router'
        in after
    )
    assert after.endswith("return kind\n\n    # --- lists\n\n\napp = FastAPI()\napp.include_router(router)\n")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("limit: int = Depends(limit)", "limit: int = TALL", "`TALL` is made between"),
        ("TALL = 30", "TALL = 30\ntallest = None", "`tallest` is made between"),
        ("limit: int = Depends(limit)", 'limit: "TALL" = 3', "`TALL` is made between"),
        ('@app.get("/trees/tallest")', '@app.get("/trees/tallest")\n@app.get("/tall")', "several routes"),
        ('@app.get("/trees/tallest")', '@app.api_route("/trees/tallest", methods=["GET", "POST"])', "several"),
        ('@app.get("/trees/tallest")', '@app.get("/trees/{kind}")', "same path"),
    ],
)  # fmt: skip
def test_declined(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in MAIN
    root = write(tmp_path, {"main.py": MAIN.replace(old, new)})
    assert words in refused(root, SHADOWED, "move")


def test_routers_of_other_files_are_left_to_a_person(tmp_path: Path) -> None:
    router = "from fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n"
    files = {
        "one.py": router + '@router.get("/trees/{kind}")\ndef tree(kind: str):\n    return kind\n',
        "two.py": router + '@router.get("/trees/all")\ndef every():\n    return []\n',
        "main.py": "from fastapi import FastAPI\n\nimport one\nimport two\n\napp = FastAPI()\n"
        "app.include_router(one.router)\napp.include_router(two.router)\n",
    }
    root = write(tmp_path, files)
    assert "different files" in refused(root, SHADOWED, "move")


def test_routes_that_no_decorator_adds_are_left_to_a_person(tmp_path: Path) -> None:
    text = MAIN.replace('@app.get("/trees/tallest")\n', "") + '\n\napp.get("/trees/tallest")(tallest)\n'
    root = write(
        tmp_path,
        {
            "main.py": text.replace(
                'app.get("/trees/tallest")(tallest)', 'app.add_api_route("/trees/tallest", tallest)'
            )
        },
    )
    assert "not added by a decorator" in refused(root, SHADOWED, "move")
