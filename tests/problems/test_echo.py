"""`echo-in-production`: the argument goes, and nothing else of the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.data import Patch

from .trees import is_formatted, patched, proposals, write

MAIN = """\
from fastapi import FastAPI
from sqlalchemy import create_engine

app = FastAPI()
{}
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('engine = create_engine("sqlite://", echo=True)', 'engine = create_engine("sqlite://")'),
        ('engine = create_engine(echo="debug", url="sqlite://")', 'engine = create_engine(url="sqlite://")'),
        (
            'engine = create_engine(\n    "sqlite://",\n    echo=True,  # while we look\n    pool_size=3,\n)',
            'engine = create_engine(\n    "sqlite://",\n    pool_size=3,\n)',
        ),
        (
            'one = create_engine("sqlite:///a", echo=True)\ntwo = create_engine("sqlite:///b", echo=False)',
            'one = create_engine("sqlite:///a")\ntwo = create_engine("sqlite:///b", echo=False)',
        ),
    ],
)
def test_echo_goes(before: str, after: str, tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": MAIN.format(before)})
    patched(root, "echo-in-production")
    assert (root / "main.py").read_text() == MAIN.format(after)
    assert is_formatted(root, ["main.py"])


def test_routes_that_ask_the_database_show_that_it_answers(tmp_path: Path) -> None:
    main = MAIN.replace("create_engine\n", "create_engine, text\n").format(
        'engine = create_engine("sqlite://", echo=True)'
    )
    for method, path in (("post", "/a"), ("get", "/b")):
        main += (
            f'\n\n@app.{method}("{path}")\ndef {method}() -> int:\n    with engine.connect() as connection:\n'
            '        return connection.scalar(text("SELECT 1"))\n'
        )
    main += '\n\n@app.get("/c")\ndef other() -> int:\n    return 1\n'
    (patch,) = proposals(write(tmp_path, {"main.py": main}), "echo-in-production")
    assert isinstance(patch, Patch)
    assert patch.routes == ("GET /b", "POST /a")
