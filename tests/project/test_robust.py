"""Whatever Python people write is read without a crash, and costs no more than in proportion to its length."""

from __future__ import annotations

import gc
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pitstop import project
from pitstop.data import Finding, Skipped
from pitstop.problems import diagnosis
from pitstop.project.coverage import coverage

NAMES = ("app", "db", "x", "self", "router", "select", "Item", "session", "Depends", "items")


def everything(root: Path) -> tuple[list[Finding], list[Skipped]]:
    """All that is worked out of a tree."""
    read = project.read(root, cache=False)
    found, skipped = diagnosis.read(read, diagnosis.chosen())
    coverage(read)
    return found, [*read.skipped, *skipped]


# --- code that nobody planned ----------------------------------------------------------------------------------------

name = st.sampled_from(NAMES)
constant = st.sampled_from(["1", "'a'", "None", "[]", "{}", "f'{x}'", "...", "b''", "1.5"])


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(inner, name).map("{0[0]}.{0[1]}".format),
        two.map("({0[0]} + {0[1]})".format),
        two.map("{0[0]}({0[1]})".format),
        st.tuples(inner, name, inner).map("{0[0]}({0[1]}={0[2]})".format),
        two.map("{0[0]}[{0[1]}]".format),
        st.tuples(inner, name, inner).map("[{0[0]} for {0[1]} in {0[2]}]".format),
        st.tuples(inner, name, inner).map("{{{0[1]}: {0[0]} for {0[1]} in {0[2]}}}".format),
        two.map("({0[0]} if {0[1]} else None)".format),
        st.tuples(name, inner).map("(lambda {0[0]}: {0[1]})".format),
        st.tuples(name, inner).map("({0[0]} := {0[1]})".format),
        two.map("({0[0]}, *{0[1]})".format),
        inner.map("select({0}).where({0} == 1).all()".format),
        inner.map("not {0}".format),
    )


expression = st.recursive(st.one_of(name, constant), _compound, max_leaves=6)


def _block(lines: list[str]) -> str:
    return "\n".join("    " + line for text in lines or ["pass"] for line in text.split("\n"))


def _nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, max_size=3).map(_block)
    return st.one_of(
        st.tuples(name, name, expression, body).map("def {0[0]}({0[1]}: {0[2]} = None):\n{0[3]}".format),
        st.tuples(name, name, body).map(
            "@app.get('/')\nasync def {0[0]}({0[1]}):\n{0[2]}\n    await x".format
        ),
        st.tuples(name, name, body).map("class {0[0]}({0[1]}):\n{0[2]}".format),
        st.tuples(name, expression, body).map("for {0[0]} in {0[1]}:\n{0[2]}".format),
        st.tuples(expression, body, body).map("if {0[0]}:\n{0[1]}\nelse:\n{0[2]}".format),
        st.tuples(body, name, body).map("try:\n{0[0]}\nexcept {0[1]}:\n{0[2]}".format),
        st.tuples(expression, name, body).map("with {0[0]} as {0[1]}:\n{0[2]}".format),
        st.tuples(expression, body).map("while {0[0]}:\n{0[1]}".format),
    )


statement = st.recursive(
    st.one_of(
        expression,
        st.tuples(name, expression).map("{0[0]} = {0[1]}".format),
        st.tuples(name, name, expression).map("{0[0]}.{0[1]} = {0[2]}".format),
        st.tuples(name, expression, expression).map("{0[0]}: {0[1]} = {0[2]}".format),
        st.tuples(name, name).map("from .{0[0]} import {0[1]}".format),
        st.sampled_from(
            [
                "from fastapi import *",
                "from .x import *",
                "import sqlalchemy as db",
                "global app",
                "from . import app",
                "app = FastAPI()",
                "app.include_router(app)",
                "from sqlalchemy import select",
                "class Item(Item): ...",
            ]
        ),
    ),
    _nested,
    max_leaves=8,
)


def _is_python(text: str) -> bool:
    try:
        compile(text, "x.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


@settings(max_examples=120, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(statement, max_size=6).map("\n".join), min_size=1, max_size=3))
def test_code_that_nobody_planned_is_read(
    tmp_path_factory: pytest.TempPathFactory, modules: list[str]
) -> None:
    root = tmp_path_factory.mktemp("tree")
    for module, text in zip(("app", "x", "items"), modules, strict=False):
        (root / f"{module}.py").write_text("from fastapi import FastAPI\n" + text)
    valid = all(_is_python(f"from fastapi import FastAPI\n{text}") for text in modules)
    _, skipped = everything(root)
    assert not [each for each in skipped if each.stage == "inspect"]
    assert not (valid and skipped)


@pytest.mark.parametrize("package", ["fastapi", "starlette", "pydantic", "sqlmodel", "alembic", "httpx"])
def test_libraries_are_read(package: str) -> None:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations
    _, skipped = everything(Path(spec.submodule_search_locations[0]))
    assert not [each for each in skipped if each.stage == "inspect"]


# --- code that goes on and on ----------------------------------------------------------------------------------------

HEAD = """\
from fastapi import Depends, FastAPI
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

app = FastAPI()

class Base(DeclarativeBase): ...

class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

def session() -> Session: ...
"""


def _calls_in_a_chain(n: int) -> str:
    links = "".join(f"def f{i}(db: Session):\n    return f{i + 1}(db)\n" for i in range(n))
    return f"{links}def f{n}(db: Session):\n    return db.scalars(select(Item)).all()\n@app.get('/')\nasync def r(db: Session = Depends(session)):\n    return f0(db)\n"


def _routes(n: int) -> str:
    return "".join(
        f"@app.get('/r{i}')\nasync def r{i}(db: Session = Depends(session)):\n    return [x.name for x in db.scalars(select(Item))]\n"
        for i in range(n)
    )


def _methods_chained(n: int) -> str:
    return (
        "@app.get('/')\nasync def r(db: Session = Depends(session)):\n    s = select(Item)"
        + ".where(Item.id == 1)" * n
        + "\n    return db.scalars(s).all()\n"
    )


def _assignments(n: int) -> str:
    return "@app.get('/')\nasync def r(db: Session = Depends(session)):\n    x0 = select(Item)\n" + "".join(
        f"    x{i + 1} = x{i}.where(Item.id == {i})\n" for i in range(n)
    )


def _one_name(n: int) -> str:
    return (
        "@app.get('/')\nasync def r(db: Session = Depends(session)):\n    s = select(Item)\n"
        + "    s = s.where(Item.id == 1)\n" * n
        + "    return db.scalars(s).all()\n"
    )


def _heirs(n: int) -> str:
    return "class C0: ...\n" + "".join(
        f"class C{i + 1}(C{i}):\n    def m{i}(self): return self.m{i - 1}()\n" for i in range(n)
    )


def _sum(n: int) -> str:
    return "x = " + " + ".join(["1"] * n) + "\n"


def _list(n: int) -> str:
    return "x = [" + "f(1), " * n + "]\n"


def _nested_ifs(n: int) -> str:
    return (
        "def f(a):\n"
        + "".join("    " + " " * i + f"if a == {i}:\n" for i in range(n))
        + " " * (n + 5)
        + "pass\n"
    )


def _elifs(n: int) -> str:
    return "def f(a):\n    if a: pass\n" + "".join(f"    elif a == {i}: g({i})\n" for i in range(n))


def work(text: str, root: Path) -> int:
    """Python calls made to read a tree and run every rule: a clock that does not depend on the machine."""
    root.mkdir()
    (root / "main.py").write_text(HEAD + text)
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    gc.disable()
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        _, skipped = everything(root)
    finally:
        sys.setprofile(before)
        gc.enable()
    assert not [each for each in skipped if each.stage == "inspect"]
    return calls


@pytest.mark.parametrize(
    ("make", "size"),
    [
        (_routes, 60), (_assignments, 60), (_one_name, 60), (_calls_in_a_chain, 60),
        (_methods_chained, 60), (_list, 2000), (_sum, 300), (_elifs, 100), (_nested_ifs, 20),
    ],
)  # fmt: skip
def test_twice_the_code_costs_twice_the_work(tmp_path: Path, make: Callable[[int], str], size: int) -> None:
    work(make(2), tmp_path / "warm")  # what is imported and compiled once
    empty = work("", tmp_path / "empty")
    # Some trees cost nothing over an empty one, or less: what a process keeps, such as patterns, shows there.
    once, twice, four = (max(0, work(make(size * k), tmp_path / f"x{k}") - empty) for k in (1, 2, 4))
    assert twice <= 2.6 * once + 200
    assert four <= 2.6 * twice + 200


@pytest.mark.parametrize("make", [_sum, _methods_chained, _elifs, _calls_in_a_chain, _one_name, _heirs])
def test_however_deep_it_never_crashes(tmp_path: Path, make: Callable[[int], str]) -> None:
    (tmp_path / "deep.py").write_text(HEAD + make(3000))
    (tmp_path / "main.py").write_text(HEAD + _routes(1))
    found, skipped = everything(tmp_path)
    assert not [each for each in skipped if each.stage == "inspect"]
    assert all(each.subject == "deep.py" for each in skipped)
    assert found is not None
