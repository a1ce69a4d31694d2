"""`class-built-per-request`: what moves above its function, what is kept by a cache, and what stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import is_formatted, patched, reason, write

BUILT = "class-built-per-request"
MAIN = """\
from fastapi import FastAPI, Request
from pydantic import BaseModel, TypeAdapter, create_model

app = FastAPI()
LIMIT = 10


class Berry(BaseModel):
    kind: str


# takes what was picked
@app.post("/berries")
async def berries(request: Request, many: int = 3) -> int:
    adapter = TypeAdapter(list[Berry])

    body = await request.body()
    if many:
        adapter.validate_json(body)
    return len(adapter.validate_json(body))
"""
ENGINE = """\
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

app = FastAPI()


def shout(text: str) -> str:
    return text.upper()


def engine():
    env = Environment(loader=FileSystemLoader("templates"))
    env.filters["shout"] = shout
    return env


@app.get("/letter")
def letter() -> HTMLResponse:
    return HTMLResponse(engine().get_template("letter.html").render())
"""


def test_the_constant_stands_above_the_comments_of_the_function(tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": MAIN})
    patched(root, BUILT)
    after = MAIN.replace("    adapter = TypeAdapter(list[Berry])\n\n", "")
    after = after.replace("adapter.", "BERRIES_ADAPTER.").replace(
        "# takes", "BERRIES_ADAPTER = TypeAdapter(list[Berry])\n\n\n# takes"
    )
    assert (root / "main.py").read_text() == after
    assert is_formatted(root, ["main.py"])


@pytest.mark.parametrize(
    ("built", "name"),
    [
        ("TypeAdapter(dict[str, Berry | None])", "STR_BERRY_ADAPTER"),
        ("TypeAdapter(tuple[Berry, int])", "BERRY_INT_ADAPTER"),
        ('create_model("Picked", kind=(str, ...), many=(int, LIMIT))', "Picked"),
    ],
)
def test_what_the_constant_is_called(built: str, name: str, tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": MAIN.replace("TypeAdapter(list[Berry])", built)})
    patched(root, BUILT)
    text = (root / "main.py").read_text()
    assert f"{name} = {built}\n\n\n# takes" in text
    assert f"        {name}.validate_json(body)\n" in text


def test_what_is_built_twice_is_built_once(tmp_path: Path) -> None:
    given = MAIN.replace("len(adapter.", "len(TypeAdapter(list[Berry]).")
    root = write(tmp_path, {"main.py": given})
    patched(root, BUILT)
    text = (root / "main.py").read_text()
    assert text.count("TypeAdapter(") == 1
    assert "return len(BERRIES_ADAPTER.validate_json(body))" in text


def test_a_constant_that_is_there_is_used(tmp_path: Path) -> None:
    given = MAIN.replace("# takes", "PICKED = TypeAdapter(list[Berry])\n\n\n# takes")
    root = write(tmp_path, {"main.py": given})
    patched(root, BUILT)
    text = (root / "main.py").read_text()
    assert text.count("TypeAdapter(") == 1
    assert "        PICKED.validate_json(body)\n" in text


def test_another_name_that_is_changed_stays(tmp_path: Path) -> None:
    given = MAIN.replace("    if many:\n", "    if many:\n        adapter = None or adapter\n")
    root = write(tmp_path, {"main.py": given})
    patched(root, BUILT)
    assert "    adapter = BERRIES_ADAPTER\n\n    body" in (root / "main.py").read_text()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("list[Berry]", "list[type(request)]", "`request`"),
        ("list[Berry]", 'list["Berry"]', "named by a text"),
        ("list[Berry]", "list[Late]", "`Late`"),
        ("list[Berry]", "list[Maybe]", "`Maybe`"),
        ("list[Berry]", "list[Twice]", "several values"),
        ("list[Berry])", "list[Berry])  # of all kinds", "a comment speaks"),
        ("    adapter =", "    # of all kinds\n    adapter =", "a comment speaks"),
        ("# takes", "BERRIES_ADAPTER = None\n\n\n# takes", "something else already"),
        ("TypeAdapter(list[Berry])", "Berry.model_json_schema()", "is a dict"),
        ("TypeAdapter(list[Berry])", "create_model(app.title, kind=(str, ...))", "worked out"),
        (
            "    adapter = TypeAdapter(list[Berry])",
            "    class Adapter(BaseModel):\n        kind: str\n\n    adapter = Adapter",
            "inside of the function",
        ),
    ],
)  # fmt: skip
def test_what_stays(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in MAIN
    more = "\n\nclass Late(BaseModel):\n    kind: str\n"
    early = "if LIMIT:\n\n    class Maybe(BaseModel):\n        kind: str\n\n\nTwice = int\nTwice = str\n\n\n# takes"
    given = (
        MAIN.replace(old, new, 1) if "# takes" in old else MAIN.replace(old, new, 1).replace("# takes", early)
    )
    root = write(tmp_path, {"main.py": given + more})
    assert words in reason(root, BUILT)


def test_a_module_that_may_not_be_loaded_yet_is_not_asked(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "app/__init__.py": "",
            "app/fruit.py": "from pydantic import BaseModel\n\nfrom app import main\n\n\nclass Berry(BaseModel):\n    kind: str\n",
            "app/main.py": MAIN.replace(
                "app = FastAPI()", "from app import fruit\n\napp = FastAPI()"
            ).replace("list[Berry]", "list[fruit.Berry]"),
        },
    )
    assert "imports this module itself" in reason(root, BUILT)


def test_a_function_that_gives_an_engine_keeps_it(tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": ENGINE})
    patched(root, BUILT)
    assert "from functools import lru_cache\n" in (root / "main.py").read_text()
    assert "\n\n\n@lru_cache\ndef engine():\n    env =" in (root / "main.py").read_text()


@pytest.mark.parametrize("used", ["env.get_template", "env.from_string"])
def test_an_engine_that_only_renders_moves(used: str, tmp_path: Path) -> None:
    given = ENGINE.replace(
        '    env.filters["shout"] = shout\n    return env', f'    return {used}("a").render()'
    )
    root = write(
        tmp_path, {"main.py": given.replace('engine().get_template("letter.html").render()', "engine()")}
    )
    patched(root, BUILT)
    text = (root / "main.py").read_text()
    assert 'TEMPLATES = Environment(loader=FileSystemLoader("templates"))\n\n\ndef engine():\n' in text
    assert f'    return {used.replace("env", "TEMPLATES")}("a").render()\n' in text


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    return env\n", "    print(env)\n    return env\n", "does more than to build it: `print`"),
        ('"shout"] = shout', '"shout"] = app', "`app`, which may have another value"),
        ("def engine", "@print\ndef engine", "decorated"),
        ("    return HTMLResponse(", '    engine().globals["a"] = 1\n    return HTMLResponse(', "`letter` may change"),
        ("def engine():", "def engine(hard: bool = False):", "changed or handed on"),
    ],
)  # fmt: skip
def test_an_engine_that_may_differ_stays(old: str, new: str, words: str, tmp_path: Path) -> None:
    assert old in ENGINE
    root = write(tmp_path, {"main.py": ENGINE.replace(old, new)})
    assert words in reason(root, BUILT)
