"""`aggregate-in-python`: figures that the database makes as Python made them, and those that would come out otherwise."""

from __future__ import annotations

from pathlib import Path

from pitstop.data import Patch

from .handlers import SIGNATURE, body_of, handlers

AGGREGATE = "aggregate-in-python"
FOUND = "found = session.scalars(select(Task)).all()\n"
SHAPES = [
    (
        FOUND + "return sum(task.size for task in found)",
        "return session.scalar(select(func.sum(Task.size))) or 0",
    ),
    (
        "return {'sum': sum([task.limit or 0 for task in session.query(Task).filter(Task.urgent).all()]) / 2}",
        'return {"sum": (session.query(func.sum(Task.limit)).filter(Task.urgent).scalar() or 0) / 2}',
    ),
    (
        (
            "found = session.execute(select(Task).options(joinedload(Task.parent)).order_by(Task.id)).scalars().all()\n"
            "total = sum(task.size for task in found if task.urgent)\nreturn total"
        ),
        "total = session.scalar(select(func.sum(Task.size)).where(Task.urgent)) or 0\nreturn total",
    ),
    (
        (
            "# how many are urgent\nfound = session.scalars(select(Task).where(Task.size > size)).all()\n"
            "return sum(1 for task in found if task.urgent)"
        ),
        (
            "# how many are urgent\n"
            "return session.scalars(select(func.count()).select_from(Task).where(Task.size > size, Task.urgent)).one()"
        ),
    ),
    (
        "return max((task.due for task in session.scalars(select(Task))), default=None)",
        "return session.scalar(select(func.max(Task.due)))",
    ),
    (
        "return min((task.size for task in session.scalars(select(Task)).all()), default=7)",
        "return session.scalar(select(func.coalesce(func.min(Task.size), 7)))",
    ),
    (
        (
            "chosen = select(Task)\nif note:\n    chosen = chosen.where(Task.note == note)\n"
            "found = session.scalars(chosen).all()\nreturn sum(task.size for task in found if task.urgent)"
        ),
        (
            "chosen = select(func.sum(Task.size)).where(Task.urgent)\nif note:\n    chosen = chosen.where(Task.note == note)\n"
            "return session.scalar(chosen) or 0"
        ),
    ),
]
DECLINED = [
    (FOUND + "return sum(task.cost for task in found)", "rounded otherwise"),
    (FOUND + "return sum(task.urgent for task in found)", "another type"),
    (FOUND + "return sum(task.huge for task in found)", "`BigInteger`"),
    (FOUND + "return sum(task.size * 2 for task in found)", "is worked out"),
    (FOUND + "return sum((task.size for task in found), 3)", "more than a figure"),
    (FOUND + "return sum({task.size for task in found})", "counts once"),
    (FOUND + "return max(task.size for task in found)", "of no rows `max`"),
    (FOUND + "return max((task.name for task in found), default=None)", "by its collation"),
    (FOUND + "return max((task.limit for task in found), default=None)", "may be NULL"),
    (FOUND + "return max((task.cost for task in found), default=0)", "of another type"),
    (FOUND + "return Counter(task.size for task in found)", "the order in which"),
    (FOUND + "return sum(task.size for task in found) / len(found)", "more than one figure"),
    (FOUND + "print(size)\nreturn sum(task.size for task in found)", "stand between"),
    (
        (
            "found = session.scalars(select(Task).options(with_loader_criteria(Task, Task.urgent))).all()\n"
            "return sum(task.size for task in found)"
        ),
        "options of the statement",
    ),
    (
        (
            "chosen = select(Task)\nif note:\n    chosen = chosen.order_by(Task.note)\n"
            "found = session.scalars(chosen).all()\nreturn sum(task.size for task in found)"
        ),
        "cannot be taken out",
    ),
    (
        "found = session.scalars(select(Task).filter_by(size=3)).all()\nreturn sum(task.size for task in found)",
        "`filter_by`",
    ),
]


def test_shapes(tmp_path: Path) -> None:
    given = handlers(tmp_path, AGGREGATE, [(SIGNATURE, before) for before, _ in SHAPES])
    for number, (patch, (_, after)) in enumerate(zip(given, SHAPES, strict=True)):
        assert body_of(tmp_path, number, patch) == after
        assert isinstance(patch, Patch)
        assert "from sqlalchemy import func, select\n" in (patch.changes[0].after or "")


def test_awaited(tmp_path: Path) -> None:
    signature = "async def tasks(session: AsyncSessionDep):"
    found = "found = (await session.scalars(select(Task))).all()\n"
    bodies = [
        (
            found + "return sum(task.size for task in found)",
            "return await session.scalar(select(func.sum(Task.size))) or 0",
        ),
        (
            found + "return sum(1 for task in found)",
            "return (await session.scalars(select(func.count()).select_from(Task))).one()",
        ),
    ]
    given = handlers(tmp_path, AGGREGATE, [(signature, before) for before, _ in bodies])
    assert [body_of(tmp_path, number, patch) for number, patch in enumerate(given)] == [
        after for _, after in bodies
    ]


def test_declined(tmp_path: Path) -> None:
    given = handlers(tmp_path, AGGREGATE, [(SIGNATURE, body) for body, _ in DECLINED])
    for why, (_, words) in zip(given, DECLINED, strict=True):
        assert isinstance(why, str)
        assert words in why


def test_a_database_whose_sums_are_decimals(tmp_path: Path) -> None:
    body = (
        f"url = 'mysql+pymysql://localhost/tasks'\nprint(url)\n{FOUND}return sum(task.size for task in found)"
    )
    (why,) = handlers(tmp_path, AGGREGATE, [(SIGNATURE, body)])
    assert isinstance(why, str)
    assert "make decimals" in why
