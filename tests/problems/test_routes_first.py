"""`hot-route-late`: routes and routers put before those that are tried first, and those whose place decides something."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop import project
from pitstop.data import TraceEvidence
from pitstop.errors import PatchError
from pitstop.problems import discover
from pitstop.problems.exchanges import told_at

from .trees import apply, check, write

LATE = "hot-route-late"
HEAD = """\
from fastapi import APIRouter, Depends, FastAPI
from fastapi.staticfiles import StaticFiles

app = FastAPI()
"""
HOT = '@app.get("{path}")\ndef hot() -> str:\n    return "hot"\n'


def first(root: Path, files: dict[str, str], symbol: str) -> str:
    """What the fix makes of the file that changes, for a handler that was measured; why nothing, where it declines."""
    read = project.read(write(root, files), cache=False)
    problem = discover()[LATE]
    assert problem.fix is not None
    finding = told_at(
        read.index.functions[symbol],
        problem=LATE,
        domain="request-response",
        message="late",
        severity="low",
        evidence=(TraceEvidence(text="late", figures={}, route="GET /hot"),),
    )
    try:
        patch = problem.fix(finding, read)
    except PatchError as error:
        return error.message
    check(root, patch)
    apply(root, patch)
    (change,) = patch.changes
    return change.after or ""


def routed(name: str, *paths: str) -> str:
    """A module with a router of its own."""
    handlers = [
        f'\n\n@router.get("{path}")\ndef {name}_{n}() -> str:\n    return "{path}"\n'
        for n, path in enumerate(paths)
    ]
    return f'from fastapi import APIRouter\n\nrouter = APIRouter(prefix="/{name}")\n' + "".join(handlers)


def test_a_route_goes_before_the_first(tmp_path: Path) -> None:
    early = '\n\n# What everybody may read.\n@app.get("/pages/{name}")\ndef page(name: str) -> str:\n    return name\n'
    late = "\n\n# Asked by each page.\n" + HOT.format(path="/hot")
    given = first(tmp_path, {"main.py": HEAD + early + late}, "main.hot")
    assert given == HEAD + late + early


def test_a_router_goes_before_those_that_are_included_first(tmp_path: Path) -> None:
    files = {f"app/{name}.py": routed(name, "/a", "/{key}") for name in ("users", "orders", "pages")}
    include = "app.include_router({}.router)\n"
    head = "from fastapi import FastAPI\n\nfrom app import orders, pages, users\n\napp = FastAPI()\n"
    files |= {
        "app/__init__.py": "",
        "app/main.py": head + "".join(map(include.format, ("users", "orders", "pages"))) + 'print("ready")\n',
    }
    given = first(tmp_path, files, "app.pages.pages_0")
    assert given == head + "".join(map(include.format, ("pages", "users", "orders"))) + 'print("ready")\n'


@pytest.mark.parametrize(
    ("before", "hot", "words"),
    [
        ('@app.get("/{name}")\ndef page(name: str) -> str:\n    return name\n', HOT.format(path="/hot"), "for `/hot` and for `/{name}`"),
        ('@app.get("/files/{name:path}")\ndef page(name: str) -> str:\n    return name\n', HOT.format(path="/files/hot/now"), "for `/files/hot/now` and for"),
        ('@app.get("/a")\ndef page() -> str:\n    return "a"\n\n\napp.mount("/static", StaticFiles(directory="x"))\n', HOT.format(path="/hot"), "`app.mount` may add routes"),
        ('@app.get("/a")\ndef page() -> str:\n    return "a"\n\n\nprint(app)\n', HOT.format(path="/hot"), "`print` may add routes"),
        ('@app.get("/a")\ndef page() -> str:\n    return "a"\n\n\nPATH = "/hot"\n', HOT.format(path="/hot").replace('"/hot"', "PATH"), "`PATH` is made between"),
        ('@app.get("/a")\ndef page() -> str:\n    return "a"\n', '@app.get("/warm")\n' + HOT.format(path="/hot"), "several routes"),
        ('@app.get("/a")\ndef page() -> str:\n    return "a"\n\n\ndef logged(function):\n    return function\n', "@logged\n" + HOT.format(path="/hot"), "other decorators"),
        ("", HOT.format(path="/hot"), "in which order the routes are added"),
        ('def added():\n    @app.get("/a")\n    def page() -> str:\n        return "a"\n', HOT.format(path="/hot"), "in which order the routes are added"),
    ],
)  # fmt: skip
def test_a_route_whose_place_may_decide_something_stays(
    tmp_path: Path, before: str, hot: str, words: str
) -> None:
    assert words in first(tmp_path, {"main.py": f"{HEAD}\n\n{before}\n\n{hot}"}, "main.hot")
