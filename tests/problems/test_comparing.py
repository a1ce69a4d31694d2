"""Which findings a change brings, and which were there in other words or at another place."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pitstop.problems import discover
from pitstop.problems.comparing import brought
from pitstop.project import read

from .trees import write

HEAD = """import time

import httpx
from fastapi import FastAPI

app = FastAPI()
"""
SLEEPS = """

@app.get("/%s")
async def %s():
    %s
    return 1
"""
BEFORE = HEAD + SLEEPS % ("a", "a", "time.sleep(1)")


def news(
    tmp_path: Path, before: dict[str, str], after: dict[str, str], name: str = "blocking-call-in-async"
) -> list[str]:
    """Path and line of what is brought."""
    rule = discover()[name].rule
    assert rule is not None
    old, new = (
        read(write(tmp_path / side, files), cache=False) for side, files in (("old", before), ("new", after))
    )
    found, _ = brought(list(rule(old)), list(rule(new)), old, new)
    return [f"{each.location.path}:{each.location.line}" for each in found]


def test_a_new_one_is_told_and_one_that_was_there_is_not(tmp_path: Path) -> None:
    after = BEFORE + SLEEPS % ("b", "b", "time.sleep(2)")
    assert news(tmp_path, {"main.py": BEFORE}, {"main.py": after}) == ["main.py:17"]
    assert news(tmp_path, {"main.py": BEFORE}, {"main.py": BEFORE}) == []


@pytest.mark.parametrize(
    "after",
    [
        "import json\n" + BEFORE,
        BEFORE.replace("time.sleep(1)", "time.sleep(1 / 2)"),
        BEFORE.replace("async def a", "async def renamed"),
        HEAD + SLEEPS % ("a", "a", "if app.title:\n        time.sleep(1)"),
    ],
)
def test_one_that_was_edited_or_moved_was_there_before(tmp_path: Path, after: str) -> None:
    assert news(tmp_path, {"main.py": BEFORE}, {"main.py": after}) == []


def test_one_in_a_file_that_got_another_name_was_there_before(tmp_path: Path) -> None:
    assert news(tmp_path, {"main.py": BEFORE}, {"app.py": BEFORE}) == []


def test_one_that_takes_the_place_of_another_of_its_kind_is_new(tmp_path: Path) -> None:
    after = BEFORE.replace("time.sleep(1)", 'httpx.get("https://example.org", timeout=3)')
    assert news(tmp_path, {"main.py": BEFORE}, {"main.py": after}) == ["main.py:11"]


def test_a_second_one_in_the_same_function_is_new(tmp_path: Path) -> None:
    after = BEFORE.replace("time.sleep(1)", "time.sleep(1)\n    time.sleep(2)")
    assert len(news(tmp_path, {"main.py": BEFORE}, {"main.py": after})) == 1


def test_a_pattern_at_one_more_place_is_news_there(tmp_path: Path) -> None:
    task = "import asyncio\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\nasync def work(n):\n    print(n)\n"
    route = '\n\n@app.get("/%s")\nasync def %s():\n    asyncio.create_task(work(%s))\n'
    before = task + route % ("a", "a", 1)
    after = task + route % ("b", "b", 2) + route % ("a", "a", 1)
    assert news(tmp_path, {"main.py": before}, {"main.py": after}, "task-without-owner") == ["main.py:14"]
    assert news(tmp_path, {"main.py": after}, {"main.py": before}, "task-without-owner") == []


def test_damage_in_a_file_that_did_not_change_is_told_there(tmp_path: Path) -> None:
    models = """from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str]
"""
    main = (
        HEAD
        + """
from models import Order
from sqlalchemy import select
from sqlalchemy.orm import Session


@app.get("/orders/{number}")
def orders(number: str, session: Session) -> list[int]:
    return list(session.scalars(select(Order.id).where(Order.%s == number)))
"""
    )
    files = {"models.py": models, "main.py": main % "id"}
    assert news(tmp_path, files, {**files, "main.py": main % "customer"}, "missing-index") == ["models.py:11"]


def test_one_whose_owner_got_another_name_was_there_before(tmp_path: Path) -> None:
    before = HEAD + SLEEPS % ("a", "get_scoreset", 'httpx.get("https://example.org/scoreset", timeout=3)')
    after = HEAD + SLEEPS % ("a", "get_score_set", 'httpx.get("https://example.org/score-set", timeout=3)')
    assert news(tmp_path, {"main.py": before}, {"main.py": after}) == []


def test_one_in_a_new_function_beside_the_old_is_new_though_alike(tmp_path: Path) -> None:
    before = HEAD + SLEEPS % ("a", "get_a", 'httpx.get("https://example.org/a", timeout=3)')
    after = before + SLEEPS % ("b", "get_b", 'httpx.get("https://example.org/b", timeout=3)')
    assert news(tmp_path, {"main.py": before}, {"main.py": after}) == ["main.py:17"]


def test_a_pattern_of_which_places_are_left_under_another_identity_is_nothing_new(tmp_path: Path) -> None:
    rule = discover()["missing-timeout"].rule
    assert rule is not None
    head = "import requests\nfrom fastapi import FastAPI\n\napp = FastAPI()\n"
    route = '\n\n@app.get("/%s")\ndef %s():\n    return requests.get("https://example.org/%s"%s).text\n'
    first, last = route % ("a", "a", "a", ""), route % ("b", "b", "b", "")
    old = read(write(tmp_path / "old", {"main.py": head + first + last}), cache=False)
    for more, told in (("", []), (route % ("c", "c", "c", ""), ["main.py:19"])):
        text = (
            head
            + first.replace('"https://example.org/a"', '"https://example.org/a", timeout=3')
            + last
            + more
        )
        new = read(write(tmp_path / f"new{len(more)}", {"main.py": text}), cache=False)
        found = [msgspec.structs.replace(each, id="0" * 12) for each in rule(new)]
        fresh, _ = brought(list(rule(old)), found, old, new)
        assert [f"{each.location.path}:{each.location.line}" for each in fresh] == told


def test_a_new_place_of_a_pattern_is_told_as_such(tmp_path: Path) -> None:
    rule = discover()["task-without-owner"].rule
    assert rule is not None
    task = "import asyncio\n\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n\nasync def work(n):\n    print(n)\n"
    route = '\n\n@app.get("/%s")\nasync def %s():\n    asyncio.create_task(work(%s))\n'
    old = read(write(tmp_path / "old", {"main.py": task + route % ("a", "a", 1)}), cache=False)
    both = task + route % ("a", "a", 1) + route % ("b", "b", 2)
    new = read(write(tmp_path / "new", {"main.py": both}), cache=False)
    ((finding,), _) = brought(list(rule(old)), list(rule(new)), old, new)
    assert finding.message.startswith("one more place of what was there before: `a` starts a task")
    assert finding.location.symbol == "main.b"


ENGINE = """from fastapi import FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

app = FastAPI()
engine = create_engine(%s)
sessions = sessionmaker(engine)
"""
URL = '"postgresql+psycopg://db/shop"'


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (f"{URL}, pool_size=30", URL, ["main.py:6"]),
        (URL, f"{URL}, pool_size=30", []),
        (f"{URL}, pool_size=30", f"{URL}, pool_size=40", []),
        (URL, f"{URL}, echo=True", []),
    ],
)
def test_one_whose_edited_code_weighs_more_is_news(
    tmp_path: Path, before: str, after: str, expected: list[str]
) -> None:
    old, new = ({"main.py": ENGINE % text} for text in (before, after))
    assert news(tmp_path, old, new, name="pool-misfit") == expected
