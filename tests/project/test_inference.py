"""What an expression is."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.project.inference import Inference
from pitstop.project.model import Type

from .trees import MODELS, function, returned, service, type_at_return


def shown(found: Type) -> str:
    """`list[Order]` for a list of orders; modules left out."""
    last = found.name.rpartition(".")[2] or found.kind
    return f"{last}[{', '.join(map(shown, found.args))}]" if found.args and found.kind != "function" else last


SESSION = """
from typing import Annotated
from fastapi import Depends, Security
from sqlalchemy.orm import Session

def get_session() -> Session: ...
def untyped_session():
    with Session(engine) as session:
        yield session
def again(session: Session = Depends(get_session)):
    return session
class Provider:
    def __call__(self) -> Session: ...
provider = Provider()
class Repository:
    def __init__(self, session: Annotated[Session, Depends(get_session)]):
        self.session = session
SessionDep = Annotated[Session, Depends(get_session)]
BareDep = Annotated[Repository, Depends()]
"""


@pytest.mark.parametrize(
    "parameter",
    [
        "session: Session = Depends(get_session)", "session=Depends(get_session)", "session=Depends(dependency=get_session)",
        "session: Annotated[Session, Depends(get_session)]", "session: SessionDep", "session: 'SessionDep'",
        "session=Depends(untyped_session)", "session=Security(get_session, scopes=['a'])", "session=Depends(again)",
        "session=Depends(provider)", "session: 'Session' = Depends(get_session)", "session: Session | None = None",
        "session: Annotated['Session', Depends(get_session)]", "*, session: SessionDep",
    ],
)  # fmt: skip
def test_a_session_comes_in_by_every_spelling_of_depends(tmp_path: Path, parameter: str) -> None:
    found = type_at_return(tmp_path, SESSION + f"\ndef f({parameter}):\n    return session\n")
    assert found.name == "sqlalchemy.orm.Session"


@pytest.mark.parametrize(
    "parameter", ["repo: Repository = Depends()", "repo: BareDep", "repo=Depends(Repository)"]
)
def test_a_class_as_dependency_gives_its_instance(tmp_path: Path, parameter: str) -> None:
    found = type_at_return(tmp_path, SESSION + f"\ndef f({parameter}):\n    return repo.session\n")
    assert found.name == "sqlalchemy.orm.Session"


TYPING = """
from collections.abc import Sequence, AsyncIterator
from typing import Optional, Union, Any, cast, TypeVar, Generic, Literal, Type as T_
class A:
    name: str
    @property
    def other(self) -> "B": ...
    def __enter__(self) -> "B": ...
class B:
    a: A
T = TypeVar("T")
class Box(Generic[T]):
    def get(self) -> T: ...
    def all(self) -> list[T]: ...
class ABox(Box[A]): pass
def x() -> Any: ...
"""


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("A", "A"), ("'A'", "A"), ("Optional[A]", "A"), ("A | None", "A"), ("None | A", "A"), ("'A | None'", "A"),
        ("Union[None, A, B]", "A"), ("list[A]", "list[A]"), ("Sequence['A']", "list[A]"), ("dict[str, A]", "dict[str, A]"),
        ("tuple[A, B]", "tuple[A, B]"), ("type[A]", "A"), ("AsyncIterator[A]", "iterator[A]"), ("Any", "unknown"),
        ("Literal['a']", "str"), ("Box[A]", "Box[A]"), ("undefined.Thing", "Thing"), ("'not ] python'", "unknown"),
        ("list[list[A]]", "list[list[A]]"), ("'" + "list[" * 50 + "A" + "]" * 50 + "'", None),
    ],
)  # fmt: skip
def test_annotations(tmp_path: Path, annotation: str, expected: str | None) -> None:
    found = type_at_return(tmp_path, TYPING + f"\ndef f(it: {annotation}):\n    return it\n")
    assert expected is None or shown(found) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return A().other.a", "A"),
        ("return [A() for _ in range(3)]", "list[A]"),
        ("return [b.a for b in [B()]][0]", "A"),
        ("for i, item in enumerate([A()]):\n        return item", "A"),
        ("for a, b in zip([A()], [B()]):\n        return b", "B"),
        ("for key, value in {'a': A()}.items():\n        return value", "A"),
        ("with A() as b:\n        return b", "B"),
        ("return ABox().get()", "A"),
        ("return ABox().all()", "list[A]"),
        ("return Box[A]().get()", "A"),
        ("return cast(A, x())", "A"),
        ("return cast('A', x())", "A"),
        ("return x() or A()", "A"),
        ("return A() if x() else None", "A"),
        ("return (found := A())", "A"),
        ("if (found := A()): return found", "A"),
        ("a, (b, c) = A(), (B(), 1)\n    return b", "B"),
        ("return sorted([A()], key=len)", "list[A]"),
        ("return next(iter([A()]))", "A"),
        ("return {'k': A()}['k']", "A"),
        ("return (A(), B())[1]", "B"),
        ("return f'{x()}'", "str"),
        ("def inner(): return A()\n    return inner()", "A"),
        ("class Local: pass\n    return Local()", "Local"),
        ("value = None\n    value = A()\n    return value", "A"),
        ("value: A = x()\n    return value", "A"),
        ("return x().y.z", "unknown"),
    ],
)  # fmt: skip
def test_expressions(tmp_path: Path, body: str, expected: str) -> None:
    found = type_at_return(tmp_path, TYPING + f"\ndef f():\n    {body}\n")
    if expected == "unknown":
        assert found.name.rpartition(".")[2] not in {"A", "B"}
    else:
        assert shown(found) == expected


def test_items_of_a_dict_are_pairs(tmp_path: Path) -> None:
    text = TYPING + "\ndef f(d: dict[str, A]):\n    for v in d.values():\n        return v\n"
    assert shown(type_at_return(tmp_path, text)) == "A"


def test_a_type_parameter_is_filled_in_by_a_newer_class_too(tmp_path: Path) -> None:
    text = "class A: pass\nclass Box[Item]:\n    def get(self) -> Item: ...\nclass ABox(Box[A]): pass\ndef f():\n    return ABox().get()\n"
    assert shown(type_at_return(tmp_path, text)) == "A"


def test_attributes_of_self_are_known_from_any_method_and_base(tmp_path: Path) -> None:
    text = """
    class Session: pass
    class Base:
        def __init__(self, session: Session):
            self.session = session
            self.lazy = None
        def open(self):
            self.lazy = Session()
    class Child(Base):
        declared: "Session"
        def f(self):
            return self.session
        def g(self):
            return self.lazy
        def h(self):
            return self.declared
        @classmethod
        def make(cls) -> "Child":
            return cls(Session())
        @staticmethod
        def still(self: int):
            return self
    """
    project = service(tmp_path, {"app.py": text})
    assert [shown(returned(project, f"Child.{name}")) for name in ("f", "g", "h")] == ["Session"] * 3
    assert shown(returned(project, "Child.make")) == "Child"
    assert shown(returned(project, "Child.still")) == "int"


@pytest.mark.parametrize(
    "text",
    [
        "def f(): return g()\ndef g(): return f()\n",
        "class A(A): pass\ndef f(): return A().x\n",
        "class A(B): pass\nclass B(A): pass\ndef f(): return A().method()\n",
        "x = y\ny = x\ndef f(): return x\n",
        "def f(a=f): return a\n",
        "class A:\n    def __init__(self): self.x = self.x\n    def f(self): return self.x.x.x\n",
        "X = list['X']\ndef f(x: X): return x\n",
        "X = 'X'\ndef f(x: X): return x\n",
        "def f():\n    for x in x: return x\n",
        "def f():\n    x = x.y\n    x = x()\n    return x\n",
        "def f(): return [f() for f in f()]\n",
    ],
)
def test_circles_end(tmp_path: Path, text: str) -> None:
    assert type_at_return(tmp_path, text).kind


def test_a_long_chain_ends(tmp_path: Path) -> None:
    chain = "".join(f"def f{n}(): return f{n + 1}()\n" for n in range(300))
    text = f"class A: pass\n{chain}def f300(): return A()\ndef f(): return f0()\n"
    assert type_at_return(tmp_path, text).kind


QUERIES = MODELS + """
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload, joinedload, sessionmaker
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
Sync = sessionmaker()
Async = async_sessionmaker(create_async_engine(""), expire_on_commit=False)
"""  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("session.scalars(select(Order)).all()", "list[Order]"),
        ("session.execute(select(Order)).scalars().unique().all()", "list[Order]"),
        ("session.execute(select(Order).where(Order.id == 1)).scalar_one_or_none()", "Order"),
        ("session.execute(select(Order, User)).all()[0][1]", "User"),
        ("session.execute(select(Order, User)).first()[0]", "Order"),
        ("session.scalar(select(Order).limit(1))", "Order"),
        ("session.get(Order, 1)", "Order"),
        ("session.query(Order).filter_by(id=1).options().all()", "list[Order]"),
        ("session.query(Order).first()", "Order"),
        ("session.query(Order).get(1)", "Order"),
        ("session.query(Order, User).all()[0][1]", "User"),
        ("session.query(Order).count()", "int"),
        ("[order for order in session.query(Order)]", "list[Order]"),
        ("session.merge(Order())", "Order"),
        ("session.query(Order).first().lines", "list[Line]"),
        ("session.query(Line).first().order.user", "User"),
    ],
)
def test_rows_of_a_synchronous_session(tmp_path: Path, expression: str, expected: str) -> None:
    found = type_at_return(tmp_path, QUERIES + f"\ndef f(session: Session):\n    return {expression}\n")
    assert shown(found) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("(await session.scalars(select(Order))).all()", "list[Order]"),
        ("(await session.execute(select(Order))).scalars().all()", "list[Order]"),
        ("await session.get(Order, 1)", "Order"),
        ("[o async for o in await session.stream_scalars(select(Order))]", "list[Order]"),
        ("await (await session.get(Order, 1)).awaitable_attrs.lines", "list[Line]"),
    ],
)
def test_rows_of_an_asynchronous_session(tmp_path: Path, expression: str, expected: str) -> None:
    found = type_at_return(
        tmp_path, QUERIES + f"\nasync def f(session: AsyncSession):\n    return {expression}\n"
    )
    assert shown(found) == expected


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("with Sync() as session", "sqlalchemy.orm.Session"),
        ("with Sync.begin() as session", "sqlalchemy.orm.Session"),
        ("async with Async() as session", "sqlalchemy.ext.asyncio.AsyncSession"),
        ("async with Async.begin() as session", "sqlalchemy.ext.asyncio.AsyncSession"),
    ],
)
def test_session_makers_make_sessions(tmp_path: Path, head: str, name: str) -> None:
    text = QUERIES + f"\nasync def f():\n    {head}:\n        return session\n"
    assert type_at_return(tmp_path, text).name == name


def test_sqlmodel_speaks_the_same(tmp_path: Path) -> None:
    text = """
    from sqlmodel import Session, select, SQLModel, Field
    class Item(SQLModel, table=True):
        id: int = Field(primary_key=True)
    def f(session: Session):
        return session.exec(select(Item)).all()
    """
    assert shown(type_at_return(tmp_path, text)) == "list[Item]"


@pytest.mark.parametrize(
    ("statement", "loaded"),
    [
        ("select(Order).options(selectinload(Order.lines))", {"Order.lines"}),
        (
            "select(Order).options(selectinload(Order.lines).joinedload(Line.order), joinedload(Order.user))",
            {"Order.lines", "Line.order", "Order.user"},
        ),
        ("select(Order).options(*[selectinload(Order.lines)])", {"Order.lines"}),
        ("select(Order)", set()),
    ],
)
def test_what_a_statement_loads_travels_with_its_rows(
    tmp_path: Path, statement: str, loaded: set[str]
) -> None:
    text = (
        QUERIES
        + f"\ndef f(session: Session):\n    rows = session.scalars({statement}).all()\n    for row in rows:\n        return row\n"
    )
    found = type_at_return(tmp_path, text)
    assert set(found.loaded) == loaded
    assert found.origin is not None


def test_options_added_on_a_branch_count(tmp_path: Path) -> None:
    text = QUERIES + """
def f(session: Session, full: bool):
    statement = select(Order)
    if full:
        statement = statement.options(selectinload(Order.lines))
    return session.scalars(statement).first()
"""  # fmt: skip
    assert set(type_at_return(tmp_path, text).loaded) == {"Order.lines"}


def test_an_annotated_variable_still_knows_its_query(tmp_path: Path) -> None:
    text = (
        QUERIES
        + "\ndef f(session: Session):\n    rows: list[Order] = session.query(Order).all()\n    return rows\n"
    )
    assert type_at_return(tmp_path, text).args[0].origin is not None


def test_a_return_annotation_still_knows_its_query(tmp_path: Path) -> None:
    files = {
        "app.py": QUERIES
        + "\ndef rows(s: Session) -> list[Order]:\n    return s.query(Order).all()\ndef f(s: Session):\n    return rows(s)\n"
    }
    project = service(tmp_path, files)
    assert returned(project, "f").args[0].origin is not None


def counted(root: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often a type is worked out in a service whose parts all lean on one another."""
    calls = "".join(
        f"def f{n}(x, y=None):\n    z = f{(n + 1) % size}(x, y) or f{(n * 7) % size}(y, x)\n    return z or f{(n + 2) % size}(z)\n"
        for n in range(size)
    )
    project = service(root, {"app.py": calls})
    count = 0
    original = Inference._type_of  # the one place every question passes

    def counting(self: Inference, *arguments: object) -> Type:
        nonlocal count
        count += 1
        return original(self, *arguments)  # type: ignore[arg-type] # handed on as they come

    monkeypatch.setattr(Inference, "_type_of", counting)
    for n in range(size):
        info = function(project, f"app.f{n}")
        for value in info.returns:
            project.types.type_of(value, info)
    monkeypatch.undo()
    return count


def test_the_work_grows_with_the_size_and_no_faster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = (counted(tmp_path / str(size), size, monkeypatch) for size in (20, 80))
    assert large < small * 4 * 3


def test_a_statement_that_is_built_up_is_the_same_wherever_one_begins_to_ask(tmp_path: Path) -> None:
    text = MODELS + """
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
def orders(session: Session, eager: bool, lines: bool) -> list[Order]:
    statement = select(Order)
    if eager:
        load = selectinload(Order.user)
        statement = statement.options(load)
    if lines:
        statement = statement.options(
            selectinload(Order.lines),
        )
    statement = statement.where(Order.note != "")
    return session.scalars(statement).all()
"""  # fmt: skip
    asked = []
    for step in (1, -1):
        project = service(tmp_path, {"app.py": text})
        info = function(project, "orders")
        types = {site.node.at: project.types.type_of(site.node, info) for site in info.sites[::step]}
        asked.append(types)
    assert asked[0] == asked[1]
    rows = next(found for found in asked[0].values() if found.name == "list" and found.args)
    assert {name.rpartition(".")[2] for name in rows.args[0].loaded} == {"user", "lines"}


def test_a_name_means_what_it_was_last_given_before_it_is_used(tmp_path: Path) -> None:
    text = MODELS + """
def first(user: User, found):
    entry = user
    return entry
    entry = Order()
def second(orders: list[Order]):
    found = [each.note for each in orders]
    each = user
    return found
"""  # fmt: skip
    project = service(tmp_path, {"app.py": text})
    assert shown(returned(project, "first")) == "User"
    assert shown(returned(project, "second")) == "list[str]"
