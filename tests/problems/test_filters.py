"""`python-side-filtering`: tests and pages that the database makes as Python made them, and those that are left alone."""

from __future__ import annotations

import importlib
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import and_, create_engine, or_, select
from sqlalchemy.orm import Session

from pitstop.data import Patch

from .handlers import HEAD, MODELS, SIGNATURE, body_of, handlers
from .trees import reason, service, write

FILTER = "python-side-filtering"
CONDITIONS = [
        ("task.size >= size", "Task.size >= size"),
        ("3 < task.size", "Task.size > 3"),
        ("task.size == task.limit", "Task.size == Task.limit"),
        ("task.note == task.note", "Task.note.is_not_distinct_from(Task.note)"),
        ("task.name == name", "Task.name == name"),
        ("task.note == note", "Task.note == note"),
        ("task.note is None", "Task.note.is_(None)"),
        ('task.name != "draft"', 'Task.name != "draft"'),
        ('task.note != "draft"', 'Task.note.is_distinct_from("draft")'),
        ("task.urgent", "Task.urgent"),
        ("not task.urgent", "~Task.urgent"),
        ("not task.hidden", "Task.hidden.is_not(True)"),
        ("task.hidden is False", "~Task.hidden"),
        ("task.cost > 10", "Task.cost > 10"),
        ("task.due < since", "Task.due < since"),
        ("task.state == State.OPEN", "Task.state == State.OPEN"),
        ("task.state in (State.OPEN, State.CLOSED)", "Task.state.in_([State.OPEN, State.CLOSED])"),
        ('task.name in {"a", name}', 'Task.name.in_(["a", name])'),
        ("task.urgent and task.size > LEAST", "Task.urgent, Task.size > LEAST"),
        ("task.urgent or not (task.size > 3 or task.hidden)", "or_(Task.urgent, and_(Task.size <= 3, Task.hidden.is_not(True)))"),
]  # fmt: skip


def test_a_test_becomes_a_condition(tmp_path: Path) -> None:
    body = "found = session.scalars(select(Task)).all()\nreturn [task.id for task in found if {}]"
    given = handlers(tmp_path, FILTER, [(SIGNATURE, body.format(test)) for test, _ in CONDITIONS])
    for number, (patch, (_, condition)) in enumerate(zip(given, CONDITIONS, strict=True)):
        wanted = f"found = session.scalars(select(Task).where({condition})).all()\nreturn [task.id for task in found]"
        after = body_of(tmp_path, number, patch)
        assert "".join(after.split()) == "".join(wanted.split())
        assert isinstance(patch, Patch)
        imported = (patch.changes[0].after or "").partition("\n\nfrom app")[0]
        assert ("import and_, or_, select" in imported) == ("or_(" in condition)


SHAPES = [
    (
        "return [task for task in session.scalars(select(Task)) if task.urgent]",
        "return list(session.scalars(select(Task).where(Task.urgent)))",
    ),
    (
        "return [task for task in session.query(Task).filter_by(size=3).all() if task.urgent]",
        "return session.query(Task).filter_by(size=3).filter(Task.urgent).all()",
    ),
    (
        "return sorted((task for task in session.query(Task).all() if task.urgent), key=str)",
        "return sorted(session.query(Task).filter(Task.urgent).all(), key=str)",
    ),
    (
        "return sorted(task for task in session.query(Task).all() if task.urgent)",
        "return sorted(session.query(Task).filter(Task.urgent).all())",
    ),
    (
        "return {task for task in session.scalars(select(Task)).all() if task.urgent}",
        "return set(session.scalars(select(Task).where(Task.urgent)).all())",
    ),
    (
        "return {task.id: task for task in session.scalars(select(Task)) if task.urgent if (task.size > 3)}",
        "return {task.id: task for task in session.scalars(select(Task).where(Task.urgent, Task.size > 3))}",
    ),
    (
        "chosen = select(Task).where(Task.size > size)\nif note:\n    chosen = chosen.where(Task.note == note)\nfound = session.execute(chosen).scalars().all()\nreturn [task.id for task in found if task.urgent]",
        "chosen = select(Task).where(Task.size > size, Task.urgent)\nif note:\n    chosen = chosen.where(Task.note == note)\nfound = session.execute(chosen).scalars().all()\nreturn [task.id for task in found]",
    ),
    (
        "found = session.scalars(\n    select(Task)\n    # the small ones last\n    .where(Task.size > 3)\n    .order_by(Task.size.desc())\n).all()\nreturn [task.id for task in found if task.urgent]",
        "found = session.scalars(\n    select(Task)\n    # the small ones last\n    .where(Task.size > 3, Task.urgent)\n    .order_by(Task.size.desc())\n).all()\nreturn [task.id for task in found]",
    ),
    (
        "ids = []\nfor task in session.query(Task).order_by(Task.id).all():\n    if task.size > 3 or task.hidden:\n        continue\n    ids.append(task.id)\nreturn ids",
        "ids = []\nfor task in session.query(Task).filter(Task.size <= 3, Task.hidden.is_not(True)).order_by(Task.id).all():\n    ids.append(task.id)\nreturn ids",
    ),
    (
        "ids = []\nfor task in session.query(Task).all():\n    if task.urgent:\n        # the number is all we need\n        ids.append(task.id)\nreturn ids",
        "ids = []\nfor task in session.query(Task).filter(Task.urgent).all():\n    # the number is all we need\n    ids.append(task.id)\nreturn ids",
    ),
    (
        "newest = session.scalars(select(Task).order_by(Task.id.desc())).all()\nif not newest:\n    return None\nreturn newest[0].name",
        "newest = session.scalars(select(Task).order_by(Task.id.desc()).limit(1)).all()\nif not newest:\n    return None\nreturn newest[0].name",
    ),
    (
        "return session.scalars(select(Task).order_by(Task.id)).all()[:5]",
        "return session.scalars(select(Task).order_by(Task.id).limit(5)).all()",
    ),
]


def test_shapes(tmp_path: Path) -> None:
    given = handlers(tmp_path, FILTER, [(SIGNATURE, before) for before, _ in SHAPES])
    for number, (patch, (_, after)) in enumerate(zip(given, SHAPES, strict=True)):
        assert body_of(tmp_path, number, patch) == after


PAGES = [
    (
        "skip: Annotated[int, Query(ge=0)] = 0, limit: int = Query(50, ge=1)",
        "return session.query(Task).order_by(Task.id).all()[skip : skip + limit]",
        "return session.query(Task).order_by(Task.id).offset(skip).limit(limit).all()",
    ),
    (
        "page: Annotated[int, Query(gt=0)] = 1",
        "start = (page - 1) * 20\nend = start + 20\nfound = session.query(Task).order_by(Task.id).all()\nreturn found[start:end]",
        "start = (page - 1) * 20\nfound = session.query(Task).order_by(Task.id).offset(start).limit(20).all()\nreturn found",
    ),
    (
        "page: Annotated[int, Query(ge=0)] = 0",
        "return session.query(Task).order_by(Task.id).all()[page * 20 : (page + 1) * 20]",
        "return session.query(Task).order_by(Task.id).offset(page * 20).limit(20).all()",
    ),
    (
        "page: Annotated[int, Query(ge=1)] = 1",
        "return session.query(Task).order_by(Task.id).all()[(page - 1) * 20 : page * 20]",
        "return session.query(Task).order_by(Task.id).offset((page - 1) * 20).limit(20).all()",
    ),
]


def test_pages(tmp_path: Path) -> None:
    signature = "def tasks(session: SessionDep, {}):"
    given = handlers(
        tmp_path, FILTER, [(signature.format(parameters), body) for parameters, body, _ in PAGES]
    )
    for number, (patch, (_, _, after)) in enumerate(zip(given, PAGES, strict=True)):
        assert body_of(tmp_path, number, patch) == after


def test_pages_that_may_begin_before_the_first(tmp_path: Path) -> None:
    signature = "def tasks(session: SessionDep, page: Annotated[int, Query(ge=0)] = 0):"
    body = "return session.query(Task).order_by(Task.id).all()[(page - 1) * 20 : page * 20]"
    (why,) = handlers(tmp_path, FILTER, [(signature, body)])
    assert isinstance(why, str)
    assert "`(page - 1) * 20` may be negative" in why


def test_awaited(tmp_path: Path) -> None:
    body = "found = (await session.scalars(select(Task))).all()\nreturn [task.id for task in found if task.urgent]"
    after = "found = (await session.scalars(select(Task).where(Task.urgent))).all()\nreturn [task.id for task in found]"
    (patch,) = handlers(tmp_path, FILTER, [("async def tasks(session: AsyncSessionDep):", body)])
    assert body_of(tmp_path, 0, patch) == after


FOUND = "found = session.scalars(select(Task)).all()\n"


DECLINED = [
    (FOUND + "print(size)\nreturn [task.id for task in found if task.urgent]", "may change them"),
    (FOUND + "other.urgent = True\nreturn [task.id for task in found if task.urgent]", "may change them"),
    (
        "chosen = select(Task) if size else select(Task).where(Task.urgent)\nfound = session.scalars(chosen).all()\nreturn [task.id for task in found if task.urgent]",
        "several statements",
    ),
    (
        "for task in session.query(Task).all():\n    if task.urgent:\n        continue\n    print(task.id)\nreturn task.id",
        "mentioned after the loop",
    ),
    (FOUND + "return [task.id for task in found if task.name > name]", "by its collation"),
    (FOUND + "return [task.id for task in found if task.size == name]", "two types"),
    (FOUND + "return [task.id for task in found if task.size == other]", "is not known"),
    (FOUND + "return [task.id for task in found if task.alias == name]", "is not known"),
    (FOUND + "return [task.id for task in found if task.name in (name, note)]", "may be None"),
    (FOUND + "least = 3\nreturn [task.id for task in found if task.size > least]", "after the statement"),
    (
        FOUND + "if not found:\n    return None\nreturn [task.id for task in found if task.urgent]",
        "whether there are any",
    ),
    (FOUND + "return next((task for task in found if task.urgent), None)", "`.first()`"),
    (
        FOUND
        + "return [\n    task.id\n    for task in found\n    # the rest may wait\n    if task.urgent\n]",
        "a comment",
    ),
    (
        "ids = []\nfor task in session.query(Task).all():\n    # the rest may wait\n    if not task.urgent:\n        continue\n    ids.append(task.id)\nreturn ids",
        "a comment",
    ),
    ("return session.scalars(select(Task)).all()[0]", "`order_by`"),
    ("return session.scalars(select(Task).order_by(Task.id)).all()[1:7:2]", "a step"),
    ("return session.scalars(select(Task).order_by(Task.id)).all()[size : size + 20]", "may be negative"),
    (
        "chosen = select(Task)\nfound = session.scalars(chosen).all()\nprint(chosen)\nreturn [task.id for task in found if task.urgent]",
        "`chosen` is used for more",
    ),
    (
        "found = []\nif size:\n    found = session.scalars(select(Task)).all()\nreturn [task.id for task in found if task.urgent]",
        "more than one statement",
    ),
    (
        "found = session.scalars(select(Task).group_by(Task.name)).all()\nreturn [task.id for task in found if task.urgent]",
        "`group_by`",
    ),
]


def test_declined(tmp_path: Path) -> None:
    given = handlers(tmp_path, FILTER, [(SIGNATURE, body) for body, _ in DECLINED])
    for why, (_, words) in zip(given, DECLINED, strict=True):
        assert isinstance(why, str)
        assert words in why


def test_a_database_that_takes_capitals_for_small_letters(tmp_path: Path) -> None:
    url = "def url():\n    return 'mysql+pymysql://localhost/tasks'\n"
    body = f"{url}{FOUND}return [task.id for task in found if task.name == name]"
    (why,) = handlers(tmp_path, FILTER, [(SIGNATURE, body)])
    assert isinstance(why, str)
    assert "capital letters" in why


def test_a_helper_that_others_may_call(tmp_path: Path) -> None:
    main = (
        f"{HEAD}def all_tasks(session: SessionDep):\n    return session.scalars(select(Task)).all()\n\n\n"
        '@app.get("/tasks")\ndef tasks(session: SessionDep):\n'
        "    return [task.id for task in all_tasks(session) if task.urgent]\n"
    )
    write(tmp_path, service("", models=MODELS) | {"app/main.py": main})
    assert "`all_tasks` loads the rows for whoever calls it" in reason(tmp_path, FILTER)


def test_conditions_choose_the_rows_that_the_tests_chose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each pair is asked of rows that differ in all that the tests read, NULL and None included.
    (tmp_path / "models_of_tasks.py").write_text(MODELS)
    monkeypatch.syspath_prepend(tmp_path)
    names: dict[str, Any] = vars(importlib.import_module("models_of_tasks"))
    engine = create_engine("sqlite://")
    names["Base"].metadata.create_all(engine)
    since = datetime(2026, 1, 2)  # noqa: DTZ001  # as SQLite gives them
    with Session(engine) as session:
        for number, (size, note, hidden, limit) in enumerate(
            product((1, 3, 7), (None, "a", "draft"), (None, True, False), (None, 3))
        ):
            row = {"name": ("a", "draft")[number % 2], "alias": "a", "cost": Decimal(5 + number), "huge": 1}
            state = names["State"].OPEN if number % 3 else names["State"].CLOSED
            session.add(
                names["Task"](
                    size=size, note=note, hidden=hidden, limit=limit, urgent=bool(number % 5), state=state,
                    due=since + timedelta(days=number % 3 - 1), **row,
                )
            )  # fmt: skip
        session.commit()
        tasks = session.scalars(select(names["Task"])).all()
        for size, note in ((3, None), (1, "a")):
            scope = {**names, "size": size, "name": "a", "note": note, "since": since, "LEAST": 3}
            scope |= {"and_": and_, "or_": or_}
            for test, condition in CONDITIONS:
                try:
                    wanted = {task.id for task in tasks if eval(test, {**scope, "task": task})}
                except TypeError:
                    # Of NULL there is no more or less: the error goes, and with it nothing but that.
                    continue
                chosen = select(names["Task"].id).where(*eval(f"({condition},)", scope))
                assert set(session.scalars(chosen)) == wanted, test
