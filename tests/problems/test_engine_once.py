"""`engine-per-request`: where the one engine goes, and what keeps it with the request."""

from __future__ import annotations

from pathlib import Path

import pytest

from .trees import apply, is_formatted, proposals, write

ENGINE = "engine-per-request"
MAIN = """\
import os

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

URL = "sqlite://"
app = FastAPI()


def session():
{body}

@app.get("/one")
def one(session: Session = Depends(session)) -> int:
    return session.scalar(text("SELECT 1"))


@app.get("/two")
def two(session: Session = Depends(session)) -> int:
    return session.scalar(text("SELECT 2"))
"""
USED = "    with Session({}) as opened:\n        yield opened\n"


def given(root: Path, main: str, **others: str) -> str:
    """The service after the only repair; the reason where there is none."""
    write(root, {"main.py": main, **{f"{name}.py": text for name, text in others.items()}})
    (found,) = proposals(root, ENGINE)
    if hasattr(found, "reason"):
        return str(found.reason)
    apply(root, found)
    for name in ("main.py", *(f"{name}.py" for name in others)):
        assert is_formatted(root, [name])
    return (root / "main.py").read_text()


@pytest.mark.parametrize(
    ("body", "above", "below"),
    [
        (
            "    engine = create_engine(URL)\n" + USED.format("engine"),
            "engine = create_engine(URL)\n",
            USED.format("engine"),
        ),
        (
            USED.format("create_engine(URL, pool_size=3)"),
            "engine = create_engine(URL, pool_size=3)\n",
            USED.format("engine"),
        ),
        # the session maker that is made of it comes along
        (
            ("    shop = create_engine(URL)\n    maker = sessionmaker(\n        bind=shop,\n        autoflush=False,\n    )\n"
            "    with maker() as opened:\n        yield opened\n"),
            "shop = create_engine(URL)\nmaker = sessionmaker(\n    bind=shop,\n    autoflush=False,\n)\n",
            "    with maker() as opened:\n        yield opened\n",
        ),
        (
            "    opened = sessionmaker(bind=create_engine(URL))()\n    try:\n        yield opened\n    finally:\n        opened.close()\n",
            "engine = create_engine(URL)\nsession_maker = sessionmaker(bind=engine)\n",
            "    opened = session_maker()\n    try:\n        yield opened\n    finally:\n        opened.close()\n",
        ),
    ],
)  # fmt: skip
def test_the_engine_becomes_one_of_the_module(body: str, above: str, below: str, tmp_path: Path) -> None:
    after = given(tmp_path, MAIN.format(body=body))
    assert after == MAIN.format(body=below).replace("app = FastAPI()\n", "app = FastAPI()\n" + above)


def test_a_session_maker_of_the_shared_engine(tmp_path: Path) -> None:
    main = MAIN.replace("app = FastAPI()\n", "app = FastAPI()\nengine = create_engine(URL)\n")
    after = given(
        tmp_path, main.format(body=USED.format("x").replace("Session(x)", "sessionmaker(engine)()"))
    )
    assert after == main.replace("(URL)\n", "(URL)\nsession_maker = sessionmaker(engine)\n").format(
        body=USED.format("x").replace("Session(x)", "session_maker()")
    )


MAKE = "def make_engine():\n    return create_engine(os.environ['URL'])\n\n\ndef session():\n"


def test_a_function_that_gives_it_is_kept(tmp_path: Path) -> None:
    main = MAIN.replace("def session():\n", MAKE.replace("'", '"')).format(body=USED.format("make_engine()"))
    after = given(tmp_path, main)
    assert after == main.replace("import os\n", "import os\nfrom functools import lru_cache\n").replace(
        "def make_engine", "@lru_cache\ndef make_engine"
    )


def test_a_function_of_another_module_is_kept_there(tmp_path: Path) -> None:
    other = 'from sqlalchemy import create_engine\n\n\ndef make_engine():\n    engine = create_engine("sqlite://")\n    return engine\n'
    main = MAIN.replace("URL = ", "from other import make_engine\n\nURL = ")
    assert given(tmp_path, main.format(body=USED.format("make_engine()")), other=other) == main.format(
        body=USED.format("make_engine()")
    )
    assert (tmp_path / "other.py").read_text() == "from functools import lru_cache\n\n" + other.replace(
        "def make", "@lru_cache\ndef make"
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("    engine = create_engine(os.environ['URL'])\n" + USED.format("engine"), "may have no answer"),
        ("    engine = create_engine(str(URL))\n" + USED.format("engine"), "may have no answer"),
        ("    url = URL\n    engine = create_engine(url)\n" + USED.format("engine"), "`url`"),
        ("    # shared by nobody\n    engine = create_engine(URL)\n" + USED.format("engine"), "a comment"),
        ("    engine = create_engine(URL)\n" + USED.format("engine") + "    engine.dispose()\n", "`session` disposes"),
        ("    engine = create_engine(URL)\n" + USED.format("engine") + "    end(engine)\n\n\ndef end(engine):\n    engine.dispose()\n", "`end` disposes"),
        ("    app = create_engine(URL)\n" + USED.format("app"), "`app`, as which it could be kept"),
        (USED.format("make(URL)") + "\n\ndef make(url):\n    return create_engine(url)\n", "by their URL"),
        (USED.format("make()") + "\n\ndef make():\n    print(1)\n    return create_engine(URL) if app else None\n", "does more than to make it"),
    ],
)  # fmt: skip
def test_the_engine_stays(body: str, words: str, tmp_path: Path) -> None:
    assert words in given(tmp_path, MAIN.format(body=body))


def test_engines_for_several_databases_are_kept_by_their_url(tmp_path: Path) -> None:
    main = MAIN.replace("def session():", "def session(tenant: str):")
    body = "    engine = create_engine(URL.replace('shop', tenant))\n" + USED.format("engine")
    assert "made of `tenant`, which each request brings" in given(tmp_path, main.format(body=body))


def test_a_connection_is_left_to_a_person(tmp_path: Path) -> None:
    main = (
        "import asyncpg\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/one')\nasync def one() -> int:\n"
        "    connection = await asyncpg.connect('postgresql://db/shop')\n    return await connection.fetchval('SELECT 1')\n"
    )
    assert "when the service starts" in given(tmp_path, main)
