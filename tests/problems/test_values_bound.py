"""`statement-built-from-strings`: values that become parameters, and expressions that may be more than values."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop import project
from pitstop.data import Finding, Patch
from pitstop.errors import PatchError
from pitstop.problems import discover
from pitstop.problems.exchanges import told_at
from pitstop.problems.findings import found_again

from .trees import apply, check, is_formatted, write

STRINGS = "statement-built-from-strings"
HEAD = """\
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine("sqlite:///users.db")
TABLE = "users"


@app.get("/users")
def users(name: str, age: int, text_of=None, column: str = "id") -> list[int]:
    with Session(engine) as session:
"""


def finding(root: Path) -> tuple[Finding, project.Project]:
    """What a run would tell at the call that sends the statement."""
    read = project.read(root, cache=False)
    function = read.index.functions["main.users"]
    site = next(s for s in function.calls if "session." in function.module.text(s.node))
    told = told_at(
        function, site, problem=STRINGS, domain="database", message="", severity="high", evidence=()
    )
    return told, read


def given(root: Path, body: str, **others: str) -> str:
    """The body of the handler after the repair; the reason where there is none."""
    write(root, {"main.py": HEAD + body, **{f"{name}.py": text for name, text in others.items()}})
    told, read = finding(root)
    fix = discover()[STRINGS].fix
    assert fix is not None
    try:
        patch = fix(told, read)
    except PatchError as error:
        return error.message
    assert isinstance(patch, Patch)
    check(root, patch)
    apply(root, patch)
    assert is_formatted(root, ["main.py"])
    return (root / "main.py").read_text().removeprefix(HEAD)


@pytest.mark.parametrize(
    ("body", "after"),
    [
        (
            """        return session.scalar(text(f"SELECT id FROM users WHERE name = '{name}'"))\n""",
            """        return session.scalar(\n            text("SELECT id FROM users WHERE name = :name"), {"name": name}\n        )\n""",
        ),
        (
            """        return session.scalar(text(f"SELECT id FROM users LIMIT {age}"))\n""",
            """        return session.scalar(text("SELECT id FROM users LIMIT :age"), {"age": age})\n""",
        ),
        # the same value twice, and a parameter that is there
        (
            """        sql = f"SELECT 1 WHERE 1 <> {age} AND 2 > {age} AND 1 = :name"\n        return session.scalar(text(sql), {"name": 1})\n""",
            """        sql = "SELECT 1 WHERE 1 <> :age AND 2 > :age AND 1 = :name"\n        return session.scalar(text(sql).bindparams(age=age), {"name": 1})\n""",
        ),
        # a name that the module sets stays, and so do doubled braces
        (
            """        query = text(f"SELECT '{{}}' FROM {TABLE} WHERE 1 >= {age}")\n        return session.scalar(query)\n""",
            """        query = text(f"SELECT '{{}}' FROM {TABLE} WHERE 1 >= :age").bindparams(age=age)\n        return session.scalar(query)\n""",
        ),
        # a pattern, whatever it is made of
        (
            """        query = text(f"SELECT '{{}}' FROM a WHERE n LIKE '%{text_of}%'")\n        return session.scalar(query)\n""",
            """        query = text("SELECT '{}' FROM a WHERE n LIKE :text_of").bindparams(\n            text_of=f"%{text_of}%"\n        )\n        return session.scalar(query)\n""",
        ),
        # several strings side by side
        (
            """        query = text(\n            "SELECT id FROM users JOIN orders ON orders.user_id = users.id "\n            f"WHERE name = '{name}' "\n            "ORDER BY users.id DESC"\n        )\n        return session.scalar(query)\n""",
            """        query = text(\n            "SELECT id FROM users JOIN orders ON orders.user_id = users.id "\n            "WHERE name = :name "\n            "ORDER BY users.id DESC"\n        ).bindparams(name=name)\n        return session.scalar(query)\n""",
        ),
        (
            '''        query = text(f"""\n            SELECT id FROM users\n            WHERE name = '{name}'\n        """)\n        return session.scalar(query)\n''',
            '''        query = text("""\n            SELECT id FROM users\n            WHERE name = :name\n        """).bindparams(name=name)\n        return session.scalar(query)\n''',
        ),
    ],
)  # fmt: skip
def test_values_become_parameters(body: str, after: str, tmp_path: Path) -> None:
    assert given(tmp_path, body) == after


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("""text(f"SELECT id FROM users ORDER BY {column}")""", "`{column}` may be more than a value"),
        ("""text(f"SELECT {column} FROM users WHERE name = '{name}'")""", "`{column}` may be more than a value"),
        ("""text(f"SELECT id FROM users WHERE name = {name}")""", "`{name}` may be more than a value"),
        ("""text(f"SELECT id FROM users WHERE id IN ({age})")""", "`{age}` may be more than a value"),
        ("""text(f"SELECT id FROM users WHERE age = {age:02}")""", "`{age:02}` may be more than a value"),
        ("""text(f"SELECT id FROM users WHERE age = '{age}'")""", "not known to be text"),
        ("""text(f"SELECT id FROM users WHERE name = '{text_of}'")""", "not known to be text"),
        ("""text(f"DELETE FROM users WHERE age = {age}")""", "UPDATE or DELETE"),
        ("""text(f"SELECT 1; DELETE FROM users WHERE age = {age}")""", "UPDATE or DELETE"),
        ("""text(f"SELECT 1 -- {age}")""", "comments"),
        ("""text(f"SELECT id FROM {TABLE}")""", "no value"),
        ("""text(f"SELECT 1 WHERE n = '{name}" "'")""", "ends in another string"),
        ("""text(f"SELECT 1 WHERE n = '{name}''s'")""", "ends in another string"),
        ("""text("SELECT 1 WHERE n = '%s'" % name)""", "no f-string"),
        ("""text("SELECT 1 WHERE n = '{}'".format(name))""", "no f-string"),
    ],
)  # fmt: skip
def test_what_may_be_more_than_a_value_stays(statement: str, words: str, tmp_path: Path) -> None:
    assert words in given(tmp_path, f"        return session.scalar({statement})\n")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            "        sql = f'SELECT {age}'\n        sql = sql + ' '\n        return session.scalar(text(sql))\n",
            "several steps",
        ),
        (
            "        sql = f'SELECT 1 WHERE 1 = {age}'\n        age = 2\n        return session.scalar(text(sql))\n",
            "several steps",
        ),
        (
            "        one = text(f'SELECT 1 WHERE 1 = {age}')\n        two = text(f'SELECT 2 WHERE 1 = {age}')\n        return session.scalar(one) or session.scalar(two)\n",
            "several statements",
        ),
    ],
)
def test_what_is_put_together_in_steps_stays(body: str, words: str, tmp_path: Path) -> None:
    assert words in given(tmp_path, body)


def test_asyncpg_wants_values_in_the_type_of_the_column(tmp_path: Path) -> None:
    body = """        return session.scalar(text(f"SELECT id FROM users WHERE name = '{name}'"))\n"""
    assert "asyncpg" in given(tmp_path, body, other='URL = "postgresql+asyncpg://"\n')


def test_a_finding_of_a_run_is_found_again_where_its_lines_moved(tmp_path: Path) -> None:
    body = """        return session.scalar(text(f"SELECT id FROM users LIMIT {age}"))\n"""
    write(tmp_path, {"main.py": HEAD + body})
    told, read = finding(tmp_path)
    assert found_again(told, read) == told
    write(tmp_path, {"main.py": "import os\n" + HEAD + body})
    moved = found_again(told, project.read(tmp_path, cache=False))
    assert moved is not None
    assert (moved.location.line, moved.id) == (told.location.line + 1, told.id)
    write(tmp_path, {"main.py": HEAD + body.replace("LIMIT", "OFFSET")})
    assert found_again(told, project.read(tmp_path, cache=False)) is None
    write(tmp_path, {"main.py": "app = 1\n"})
    assert found_again(told, project.read(tmp_path, cache=False)) is None
