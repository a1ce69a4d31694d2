"""What looks like a problem and is none, or hardly one: each case came up in a real service, told here in other words."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.problems import diagnosis

from .trees import MODELS, found, function, service

HEAD = MODELS + """
import asyncio, enum, shutil, subprocess, threading, time
import boto3, httpx, requests
from fastapi import Depends, FastAPI, Request
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
class Colour(enum.Enum):
    red = 1
app = FastAPI()
RETRIES = 3
def session() -> Session: ...
"""  # fmt: skip


def confidences(root: Path, problem: str, text: str) -> list[str]:
    """How sure the rule of a problem is of each thing it finds in one file."""
    return sorted(f.confidence for f in found(service(root, {"app.py": HEAD + text}), problem))


def looping(loop: str, body: str = "db.get(Order, x)", parameters: str = "ids: list[int]") -> str:
    """A route with a query in a loop."""
    return f'\n@app.get("/x")\ndef handler({parameters}, db: Session = Depends(session)):\n    {loop}:\n        {body}\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (looping("for x in ids"), ["likely"]),
        (looping("for i, x in enumerate(ids)"), ["likely"]),
        (looping("for x in page.items", parameters="page"), ["likely"]),
        (looping("for x in (1, 2)"), []),
        (looping("for x in Colour"), []),
        (looping("for x in colours", parameters="colours: list[Colour]"), []),
        (looping("for x in checks", parameters="checks: list[type[Order]]"), []),
        (looping("for attempt in range(tries)", "x = 1; db.get(Order, x)", "tries: int"), []),
        (looping("for i in range(max_retries)", "x = 1; db.get(Order, x)", "max_retries: int"), []),
        (looping("for i in range(count)", "try:\n            return db.get(Order, i)\n        except ValueError: pass", "count: int"), []),
        (looping("for x in ids", "found = db.get(Order, x)\n        if found: return found"), ["possible"]),
        (looping("for x in ids", "if x == wanted:\n            db.get(Order, x)", "ids: list[int], wanted: int"), ["possible"]),
        (looping("for x in ids", "if x == 'red':\n            db.get(Order, x)"), ["likely"]),
        (looping("for x in rows", "if x.key == 'tools' and x.on:\n            db.get(Order, x.id)", "rows"), ["possible"]),
        (looping("for x in rows", "if x.status == 'open':\n            db.get(Order, x.id)", "rows"), ["likely"]),
        (looping("for x in ids", "if x in KNOWN:\n            db.get(Order, x)") + "KNOWN = {1: 'a', 2: 'b'}\n", ["possible"]),
        (looping("for x in rows", "if isinstance(x, Colour):\n            db.get(Order, x.id)", "rows"), ["possible"]),
        (looping("for batch in batched(ids, 100)", "db.scalars(select(Order).where(Order.id.in_(batch)))"), []),
        (looping("for x in chunked(ids, 100)", "db.scalars(select(Order).where(Order.id.in_(x)))"), []),
        (looping("for x in ids", "load(db, x)") + "def load(db: Session, x): return db.get(Order, x)\n", ["likely"]),
        (looping("for x in ids", "load(db, x)") + "def load(db: Session, x):\n    if x > 5: return db.get(Order, x)\n", ["possible"]),
        (looping("for x in ids", "load(db, x)") + "def load(db: Session, x, known=None):\n    known = known or db.get(Order, x)\n", ["possible"]),
        (looping("for x in ids", "load(db, x)") + "def kept(x): ...\ndef load(db: Session, x):\n    found = kept(x)\n    if found is not None:\n        try: return Order(**found)\n        except ValueError: pass\n    return db.get(Order, x)\n", ["possible"]),
        (looping("for x in ids", "if x > 3:\n            db.get(Order, x)"), ["likely"]),
        (looping("if ids:\n      for x in ids", "  db.get(Order, x)"), ["likely"]),
        (looping("if ids is not None and not wanted:\n      for x in ids", "  db.get(Order, x)", "ids: list[int], wanted: int"), ["likely"]),
        (looping("if len(ids) > 3:\n      for x in ids", "  db.get(Order, x)"), ["possible"]),
        (looping("if wanted == 'all':\n      for x in ids", "  db.get(Order, x)", "ids: list[int], wanted: str"), ["possible"]),
        (looping("for x in queries", "db.scalars(x.statement).all()", "queries"), ["possible"]),
        (looping("for x in ids", "load(db, x)") + "def load(db: Session, x):\n    if x in (1, 2): return None\n    return db.get(Order, x)\n", ["possible"]),
        (looping("for x in ids", "load(db, x)") + "async def load(db: Session, x): return db.get(Order, x)\n", []),
        (looping("for x in PAIRS") + "PAIRS = [(a, b) for a in (1, 2) for b in (3, 4)]\n", []),
        (looping("for x in PAIRS") + "PAIRS = [(a, b) for a in (1, 2) for b in load()]\ndef load(): ...\n", ["likely"]),
        (looping("for x in ids", "load(db)") + "import functools\n@functools.cache\ndef load(db: Session): return db.get(Order, 1)\n", []),
        (looping("for x in ids", "Kept(db).order") + "class Kept:\n    def __init__(self, db: Session): self.db = db; self._order = None\n    @property\n    def order(self):\n        if self._order is None: self._order = self.db.get(Order, 1)\n        return self._order\n", []),
    ],
)  # fmt: skip
def test_queries_in_loops(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert confidences(tmp_path, "n-plus-one-loop", text) == expected


def test_tasks_that_are_done_are_no_rows(tmp_path: Path) -> None:
    text = """
@app.get("/x")
async def handler(jobs, db: Session = Depends(session)):
    done, pending = await asyncio.wait(jobs)
    for job in done:
        db.get(Order, job.result())
"""
    assert confidences(tmp_path, "n-plus-one-loop", text) == []


@pytest.mark.parametrize("path", ["/admin/backups", "/debug/orders", "/migrate"])
def test_what_hardly_ever_runs_is_told_with_less_voice(tmp_path: Path, path: str) -> None:
    text = looping("for x in known()").replace('"/x"', f'"{path}"')
    (finding,) = found(service(tmp_path, {"app.py": HEAD + text}), "n-plus-one-loop")
    assert (finding.confidence, finding.severity) == ("possible", "medium")


@pytest.mark.parametrize(
    ("guard", "severity"),
    [
        ("require_admin", "medium"),
        ("current_superuser", "medium"),
        ("admin_or_owner", "high"),
        ("is_admin", "high"),
    ],
)
def test_what_only_administrators_reach_is_less_severe(tmp_path: Path, guard: str, severity: str) -> None:
    text = f"def {guard}() -> None: ...\n" + looping("for x in known()").replace(
        '"/x"', f'"/x", dependencies=[Depends({guard})]'
    )
    (finding,) = found(service(tmp_path, {"app.py": HEAD + text}), "n-plus-one-loop")
    assert (finding.confidence, finding.severity) == ("likely", severity)


@pytest.mark.parametrize(
    ("decorator", "severity"),
    [
        ("@admin_required", "medium"),
        ("@requires('admin.settings')", "medium"),
        ("@requires('orders.read')", "high"),
        ("@admin_or_owner", "high"),
    ],
)
def test_a_decorator_may_let_administrators_in_only(tmp_path: Path, decorator: str, severity: str) -> None:
    route = looping("for x in known()").replace("\ndef handler", f"\n{decorator}\ndef handler")
    (finding,) = found(service(tmp_path, {"app.py": HEAD + route}), "n-plus-one-loop")
    assert finding.severity == severity


def test_what_runs_only_after_an_error_is_told_with_less_voice(tmp_path: Path) -> None:
    text = """
@app.get("/x")
def handler(ids: list[int], db: Session = Depends(session)):
    try:
        work()
    except ValueError:
        for x in ids:
            db.get(Order, x)
"""
    assert confidences(tmp_path, "n-plus-one-loop", text) == ["possible"]


def reading(query: str, body: str, more: str = "") -> str:
    """A route that goes over orders."""
    return f'\n@app.get("/x")\ndef handler(me: int, db: Session = Depends(session)):\n    orders = db.scalars({query}).all()\n    {body}\n{more}'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (reading("select(Order)", "return [o.user.email for o in orders]"), ["likely"]),
        (reading("select(Order).options(selectinload(Order.user))", "return [o.user.email for o in orders]"), []),
        (reading("select(Order).where(Order.user_id == me)", "return [o.user.email for o in orders]"), []),
        (reading("select(Order).where(Order.user_id.in_([me, 1]))", "return [o.user.email for o in orders]"), ["likely"]),
        (reading("select(Order)", "first = orders[0]\n    return [first.user.email for o in orders]"), []),
        (reading("select(Order)", "first = orders[0]\n    return [mail(first) for o in orders]", "def mail(o: Order): return o.user.email\n"), []),
        (reading("select(Order)", "return [mail(o) for o in orders]", "def mail(o: Order): return o.user.email\n"), ["likely"]),
        (reading("select(Order)", "return [mail(o, True) for o in orders]", "def mail(o: Order, full):\n    if full: return o.user.email\n"), ["possible"]),
        (reading("select(Order)", "return orders[0].user.email"), []),
    ],
)  # fmt: skip
def test_lazy_relationships(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert confidences(tmp_path, "n-plus-one-lazy-relationship", text) == expected


TABLES = HEAD + """
from sqlalchemy import Index
class Tenant(Base):
    __tablename__ = "tenants"
    id: Mapped[int] = mapped_column(primary_key=True)
class Shelf(Base):
    __tablename__ = "shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenants.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str]
    code: Mapped[str]
    status: Mapped[str]
    made: Mapped[int]
    a: Mapped[int]
    b: Mapped[int]
    __table_args__ = (Index("ix", "a", "b"),)
class ShelfType(Base):
    __tablename__ = "shelf_types"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
"""  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("select(Shelf).where(Shelf.user_id == 1)", {"user_id": "likely"}),
        ("select(Shelf).where(Shelf.tenant_id == 1)", {"tenant_id": "possible"}),
        ("select(Shelf).where(Shelf.code == 'x')", {"code": "possible"}),
        ("select(Shelf).where(Shelf.user_id == 1, Shelf.code == 'x')", {"user_id": "possible"}),
        ("select(Shelf).where(Shelf.kind == 'x')", {}),
        ("select(Shelf).where(Shelf.status == 'x')", {}),
        ("select(Shelf).where(Shelf.status == 'x').order_by(Shelf.made)", {"status": "possible"}),
        ("select(Shelf).where(Shelf.made > 3)", {}),
        ("select(Shelf).where(Shelf.made > 3).order_by(Shelf.made)", {"made": "possible"}),
        ("select(Shelf).where(Shelf.a == 1, Shelf.b == 2)", {}),
        ("select(Shelf).where(Shelf.b == 2)", {"b": "possible"}),
        ("select(Shelf).where(Shelf.id == 1, Shelf.user_id == 2)", {}),
        ("select(ShelfType).where(ShelfType.name == 'x')", {}),
        ("select(Shelf).join(User, Shelf.user_id == User.id)", {}),
        ("select(User).join(Shelf, Shelf.user_id == User.id)", {"user_id": "possible"}),
        (
            "select(Shelf).join(User, Shelf.user_id == User.id).where(User.email == 'x')",
            {"user_id": "likely"},
        ),
    ],
)
def test_indexes(tmp_path: Path, statement: str, expected: dict[str, str]) -> None:
    text = f'{TABLES}\nBase.metadata.create_all()\n@app.get("/x")\ndef handler(db: Session = Depends(session)):\n    db.scalars({statement})\n'
    project = service(tmp_path, {"app.py": text})
    findings = found(project, "missing-index")
    assert {f.location.symbol.rpartition(".")[2]: f.confidence for f in findings} == expected


def test_a_column_nobody_asks_for_in_a_request_needs_no_index(tmp_path: Path) -> None:
    text = TABLES + "\ndef nightly(db: Session):\n    db.scalars(select(Shelf).where(Shelf.user_id == 1))\n"
    assert found(service(tmp_path, {"app.py": text}), "missing-index") == []


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("httpx.AsyncClient()", ["certain"]),
        ("httpx.AsyncClient(timeout=seconds, headers={'a': token})", ["certain"]),
        ("httpx.AsyncClient(auth=token)", ["possible"]),
        ("boto3.client('s3', aws_access_key_id=token)", ["possible"]),
        ("boto3.client('s3')", ["certain"]),
        ("client or httpx.AsyncClient()", ["certain"]),
    ],
)
def test_clients(tmp_path: Path, call: str, expected: list[str]) -> None:
    text = (
        f'\n@app.get("/x")\nasync def handler(token: str, seconds: float, client=None):\n    made = {call}\n'
    )
    assert confidences(tmp_path, "client-per-request", text) == expected


def test_a_client_built_only_where_none_is_handed_over(tmp_path: Path) -> None:
    text = '\n@app.get("/x")\ndef handler(): fetch()\ndef fetch(client=None):\n    if client is None:\n        client = requests.Session()\n    client.get("x")\n'
    assert confidences(tmp_path, "client-per-request", text) == ["possible"]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("time.sleep(1)", ["certain"]),
        ("open('template.txt')", ["possible"]),
        ("shutil.copyfileobj(a, b)", ["likely"]),
        ("[open(name) for name in names]", ["likely"]),
    ],
)
def test_files_are_told_with_less_voice(tmp_path: Path, call: str, expected: list[str]) -> None:
    text = f'\n@app.get("/x")\nasync def handler(a, b, names: list[str]):\n    {call}\n'
    assert confidences(tmp_path, "blocking-call-in-async", text) == expected


def test_of_several_implementations_one_is_told(tmp_path: Path) -> None:
    text = """
class Store:
    def put(self): raise NotImplementedError
class Disk(Store):
    def put(self): open("x")
class Cloud(Store):
    def put(self): requests.put("x")
class Bus(Store):
    def put(self): requests.post("x")
def store() -> Store: ...
@app.get("/x")
async def handler(): store().put()
"""
    (finding,) = found(service(tmp_path / "one", {"app.py": HEAD + text}), "blocking-call-transitive")
    assert "requests.put" in finding.message
    assert finding.confidence == "possible"
    every = text.replace('open("x")', 'requests.delete("x")')
    (finding,) = found(service(tmp_path / "all", {"app.py": HEAD + every}), "blocking-call-transitive")
    assert finding.confidence == "likely"
    deeper = text.replace("store().put()", "keep(store())") + "def keep(where: Store): where.put()\n"
    (finding,) = found(service(tmp_path / "deep", {"app.py": HEAD + deeper}), "blocking-call-transitive")
    assert finding.confidence == "possible"


ABSTRACT = """
from abc import ABC, abstractmethod
class Store(ABC):
    @abstractmethod
    def name(self): ...
    def put(self): requests.put("x")
def store() -> Store: ...
@app.get("/x")
async def handler(): store().put()
"""
INHERITS = 'class Cloud(Store):\n    def name(self): return "cloud"\n'
OVERRIDES = 'class Disk(Store):\n    def name(self): return "disk"\n    def put(self): return 1\n'


@pytest.mark.parametrize(
    ("classes", "expected"),
    [(INHERITS, ["likely"]), (INHERITS + OVERRIDES, ["possible"]), (OVERRIDES, []), ("", ["likely"])],
    ids=["inherited", "one of two", "overridden", "no subclass is known"],
)
def test_of_an_abstract_class_what_its_subclasses_run_is_looked_at(
    tmp_path: Path, classes: str, expected: list[str]
) -> None:
    project = service(tmp_path, {"app.py": HEAD + ABSTRACT + classes})
    assert [f.confidence for f in found(project, "blocking-call-transitive")] == expected


def test_only_what_extends_the_class_at_hand_can_be_meant(tmp_path: Path) -> None:
    text = """
class Connector:
    def comment(self): raise NotImplementedError
class Graph(Connector): ...
class Doris(Connector):
    def comment(self): requests.get("x")
def graph() -> Graph: ...
@app.get("/x")
async def handler(): graph().comment()
"""
    assert found(service(tmp_path, {"app.py": HEAD + text}), "blocking-call-transitive") == []


LOOP = """
@app.get("/x")
def handler(session: Session = Depends(session)):
    users = None
    done = False
    for order in session.scalars(select(Order)).all():
        {body}
async def later(session): session.scalars(select(User)).all()
def in_thread(f):
    def wrap(*args): threading.Thread(target=f, args=args).start()
    return wrap
@in_thread
def started(session): session.scalars(select(User)).all()
def detail(session, order, wanted=None):
    if wanted is None:
        return order.id
    return session.scalars(select(User).where(User.id == order.user_id)).all()
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if users is None:\n            users = session.scalars(select(User)).all()", 0),
        ("if not done:\n            done = True\n            session.scalars(select(User)).all()", 0),
        ("if order.note is None:\n            order.note = session.scalars(select(User)).all()", 1),
        (
            "found = None\n        if found is None:\n            found = session.scalars(select(User)).all()",
            1,
        ),
        ("if users is None:\n            session.scalars(select(User)).all()", 1),
        ("if done:\n            done = session.scalars(select(User)).all()", 1),
        ("asyncio.create_task(later(session))", 0),
        ("detail(session, order)", 0),
        ("detail(session, order, wanted=None)", 0),
        ("detail(session, order, wanted=1)", 1),
        ("started(session)", 0),
    ],
)
def test_what_a_turn_does_not_send_is_not_told(tmp_path: Path, body: str, expected: int) -> None:
    project = service(tmp_path, {"app.py": HEAD + LOOP.format(body=body)})
    assert len(found(project, "n-plus-one-loop")) == expected


def test_a_password_hash_computes_on_the_loop(tmp_path: Path) -> None:
    text = '\nimport bcrypt\ndef check(a, b): return bcrypt.checkpw(a, b)\n@app.post("/login")\nasync def login(a, b): return check(a, b)\n'
    (finding,) = found(service(tmp_path, {"app.py": HEAD + text}), "blocking-call-transitive")
    assert "computes for long on the event loop" in finding.message


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("[Item(name=n) for n in names]", ["possible"]),
        ("{'items': [Item(name=n) for n in names]}", ["possible"]),
        ("[{'a': 1}, {'b': 2}]", []),
        ("{'items': [{'a': 1}]}", []),
        ("Box(items=[])", ["possible"]),
        ("Item(name='x')", []),
        ("names", []),
    ],
)
def test_answers_without_a_model(tmp_path: Path, value: str, expected: list[str]) -> None:
    text = f'\nclass Item(BaseModel):\n    name: str\nclass Box(BaseModel):\n    items: list[Item]\n@app.get("/x")\ndef handler(names: list[str]):\n    return {value}\n'
    assert confidences(tmp_path, "missing-response-model", text) == expected


@pytest.mark.parametrize(("loop", "severity"), [("for x in ids", "medium"), ("for x in known()", "high")])
def test_what_a_caller_sends_is_shorter_than_a_table(tmp_path: Path, loop: str, severity: str) -> None:
    (finding,) = found(service(tmp_path, {"app.py": HEAD + looping(loop)}), "n-plus-one-loop")
    assert (finding.confidence, finding.severity) == ("likely", severity)


@pytest.mark.parametrize(("config", "expected"), [("orm_mode", []), ("from_attributes", ["possible"])])
def test_models_written_for_pydantic_1_are_known_without_a_version(
    tmp_path: Path, config: str, expected: list[str]
) -> None:
    text = f"""
class Tag(BaseModel):
    name: str
    class Config:
        {config} = True
class Shelf(BaseModel):
    tags: list[Tag]
def load() -> list[Shelf]: ...
@app.get("/shelves")
def shelves():
    return load()
"""
    assert confidences(tmp_path, "missing-response-model", text) == expected


@pytest.mark.parametrize(("kept", "expected"), [("Mail", ["certain"]), ("Sender", ["possible"])])
def test_clients_behind_a_choice_of_implementations_are_possible(
    tmp_path: Path, kept: str, expected: list[str]
) -> None:
    text = f"""
from abc import ABC, abstractmethod
class Sender(ABC):
    @abstractmethod
    async def send(self) -> None: ...
class Mail(Sender):
    async def send(self) -> None:
        async with httpx.AsyncClient() as client:
            await client.get("http://mail.internal/")
class Paper(Sender):
    async def send(self) -> None:
        await asyncio.sleep(1)
def sender() -> {kept}: ...
@app.get("/x")
async def handler(by: {kept} = Depends(sender)):
    await by.send()
"""
    assert confidences(tmp_path, "client-per-request", text) == expected


@pytest.mark.parametrize(
    ("kept", "expected"), [("Mail", ["certain"]), ("Sender", ["likely"])], ids=["known", "one-of-two"]
)
def test_what_blocks_is_not_certain_behind_a_choice_of_implementations(
    tmp_path: Path, kept: str, expected: list[str]
) -> None:
    text = f"""
from abc import ABC, abstractmethod
class Sender(ABC):
    @abstractmethod
    async def send(self) -> None: ...
class Mail(Sender):
    async def send(self) -> None:
        time.sleep(1)
class Paper(Sender):
    async def send(self) -> None:
        await asyncio.sleep(1)
def sender() -> {kept}: ...
@app.get("/x")
async def handler(by: {kept} = Depends(sender)):
    await by.send()
"""
    assert confidences(tmp_path, "blocking-call-in-async", text) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("class Keep(type):\n    _instances = {}\n    def __call__(cls):\n        if cls not in cls._instances: cls._instances[cls] = super().__call__()\n        return cls._instances[cls]\nclass Settings(metaclass=Keep):\n", 0),
        ("def singleton(cls): ...\n@singleton\nclass Settings:\n", 0),
        ("class Named(type):\n    def __call__(cls): return super().__call__()\nclass Settings(metaclass=Named):\n", 1),
        ("class Settings:\n", 1),
    ],
    ids=["kept by its metaclass", "kept by a decorator", "another metaclass", "plain"],
)  # fmt: skip
def test_a_singleton_is_made_once(tmp_path: Path, kind: str, expected: int) -> None:
    text = f"""
{kind}    def __init__(self): requests.get("x")
@app.get("/x")
async def handler(): return Settings()
"""
    assert len(found(service(tmp_path, {"app.py": HEAD + text}), "blocking-call-transitive")) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [("await later()", 1), ("return rows()", 1), ("later()", 0), ("return later()", 0), ("x = later()\n    await x", 1), ("await asyncio.gather(later())", 1)],
)  # fmt: skip
def test_a_coroutine_that_nobody_awaits_never_runs(tmp_path: Path, call: str, expected: int) -> None:
    text = f"""
async def later(): requests.get("x")
async def rows():
    requests.get("x")
    yield 1
@app.get("/x")
async def handler():
    {call}
"""
    findings = found(service(tmp_path, {"app.py": HEAD + text}), "blocking-call-in-async")
    assert len([f for f in findings if f.confidence != "possible"]) == expected


@pytest.mark.parametrize(("test", "expected"), [("key == 'user'", []), ("value == 'user'", ["possible"])])
def test_a_key_is_in_a_mapping_once(tmp_path: Path, test: str, expected: list[str]) -> None:
    text = f"""
client = httpx.AsyncClient()
@app.post("/x")
async def handler(data: dict[str, str]):
    for key, value in data.items():
        if {test}: await client.get("https://other/" + value)
"""
    assert confidences(tmp_path, "await-in-loop", text) == expected


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("int", ["likely"]),
        ("AsyncSession", []),
        ("psycopg.AsyncConnection", []),
        ("asyncpg.pool.PoolConnectionProxy", []),
        ("asyncpg.Pool", ["likely"]),
    ],
)
def test_turns_that_share_a_connection_wait_for_each_other(
    tmp_path: Path, annotation: str, expected: list[str]
) -> None:
    text = f"""
import asyncpg, psycopg
from sqlalchemy.ext.asyncio import AsyncSession
client = httpx.AsyncClient()
def held() -> {annotation}: ...
async def keep(held: {annotation}, town: str): return await client.get("https://other/" + town)
@app.post("/x")
async def handler(towns: list[str], held: {annotation} = Depends(held)):
    for town in towns:
        await keep(held, town)
"""
    assert confidences(tmp_path, "await-in-loop", text) == expected


def test_what_is_asked_through_one_connection_is_asked_in_turn(tmp_path: Path) -> None:
    text = """
import psycopg
client = httpx.AsyncClient()
async def weather(held): return await client.get("https://other/weather")
async def traffic(held): return await client.get("https://another/traffic")
@app.get("/x")
async def handler(held: HELD):
    one = await weather(held)
    other = await traffic(held)
    return one, other
"""
    assert confidences(tmp_path / "a", "sequential-awaits", text.replace("HELD", "int")) == ["possible"]
    assert (
        confidences(tmp_path / "b", "sequential-awaits", text.replace("HELD", "psycopg.AsyncConnection"))
        == []
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("commit=False", []),
        ("commit=True", ["possible"]),
        ("commit=commit", ["possible"]),
        ("", ["possible"]),
    ],
)
def test_who_calls_may_switch_the_commit_off(tmp_path: Path, given: str, expected: list[str]) -> None:
    text = f"""
def save(db: Session, row, commit: bool = True):
    db.add(row)
    if not commit:
        return
    db.commit()
@app.post("/x")
def handler(rows: list[Order], commit: bool, db: Session = Depends(session)):
    for row in rows: save(db, row, {given})
"""
    assert confidences(tmp_path, "commit-in-loop", text) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if not user.is_superuser:\n        raise ValueError", "medium"),
        ("if not user.is_active:\n        raise ValueError", "high"),
        ("if user.is_superuser:\n        raise ValueError", "high"),
    ],
)
def test_a_handler_may_refuse_all_but_administrators(tmp_path: Path, body: str, expected: str) -> None:
    text = f"""
@app.get("/x")
def handler(user, db: Session = Depends(session)):
    {body}
    for x in known(): db.get(Order, x)
"""
    (finding,) = found(service(tmp_path, {"app.py": HEAD + text}), "n-plus-one-loop")
    assert finding.severity == expected


@pytest.mark.parametrize(
    ("branch", "expected"),
    [("raise ValueError", ["possible"]), ("return 1", ["likely"]), ("pass", ["likely"])],
)
def test_what_ends_in_an_error_runs_only_then(tmp_path: Path, branch: str, expected: list[str]) -> None:
    text = f"""
@app.get("/x")
async def handler(a: int):
    if a > 3:
        clean()
        {branch}
def clean(): subprocess.run(["umount", "x"])
"""
    assert confidences(tmp_path, "blocking-call-transitive", text) == expected


@pytest.mark.parametrize(("given", "expected"), [("True", []), ("False", ["certain"]), ("here", ["certain"])])
def test_a_download_that_looks_at_the_disk_only_is_none(
    tmp_path: Path, given: str, expected: list[str]
) -> None:
    text = f"""
from huggingface_hub import snapshot_download
@app.get("/x")
async def handler(here: bool): return snapshot_download("model", local_files_only={given})
"""
    assert confidences(tmp_path, "blocking-call-in-async", text) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("await client.get(url)", ["possible"]),
        ("await client.get('https://other/' + url)", ["certain"]),
        ("await client.get(url)\n        await client.get('https://other')", ["certain"]),
        ("url = 'https://other'\n        await client.get(url)", ["certain"]),
    ],
)
def test_a_client_for_addresses_that_differ_has_little_to_reuse(
    tmp_path: Path, asked: str, expected: list[str]
) -> None:
    text = f"""
@app.get("/x")
async def handler(url: str):
    async with httpx.AsyncClient() as client:
        {asked}
"""
    assert confidences(tmp_path, "client-per-request", text) == expected


def test_statements_of_sqlmodel_that_write_are_no_reads(tmp_path: Path) -> None:
    text = looping("for x in ids", "db.exec(update(Order).where(Order.id == x))").replace(
        "Session", "SQLModelSession"
    )
    head = "from sqlmodel import Session as SQLModelSession, update\n"
    assert confidences(tmp_path, "n-plus-one-loop", head + text) == []
    assert confidences(tmp_path, "row-by-row-write", head + text) == ["possible"]


@pytest.mark.parametrize(("around", "expected"), [("", ["possible"]), ("for x in ids: ", ["likely"])])
def test_a_database_in_a_file_answers_like_a_file(tmp_path: Path, around: str, expected: list[str]) -> None:
    text = f"""
import sqlite3
@app.get("/x")
async def handler(ids: list[int], db: sqlite3.Connection = Depends(session)):
    {around}db.execute("SELECT 1")
"""
    assert confidences(tmp_path, "blocking-call-in-async", text) == expected


TEAMS = """
from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column
class State(Base):
    __tablename__ = "state"
    id: Mapped[int] = mapped_column(primary_key=True)
class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    state_id: Mapped[int] = mapped_column(ForeignKey("state.id"))
    boss_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    __table_args__ = (Index("ix_boss", "boss_id", postgresql_where=state_id == 1),)
def start(engine): Base.metadata.create_all(engine)
"""


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("select(Team).where(Team.user_id == x)", "likely"),
        ("select(Team).where(Team.state_id == x)", "possible"),
        ("select(Team).where(Team.boss_id == x)", "possible"),
        ("select(Team).join(User, Team.user_id == User.id).where(User.email == x)", "likely"),
        ("select(User).join(Team, Team.user_id == User.id)", "possible"),
    ],
    ids=["looked up", "a kind", "an index over some", "found from the user", "nothing narrows"],
)
def test_how_sure_a_missing_index_is(tmp_path: Path, where: str, expected: str) -> None:
    text = f"""{TEAMS}
@app.get("/x")
def handler(x: int, db: Session = Depends(session)): return db.scalars({where}).all()
"""
    told = [
        f for f in found(service(tmp_path, {"app.py": HEAD + text}), "missing-index") if "team." in f.message
    ]
    assert [f.confidence for f in told] == [expected]


@pytest.mark.parametrize(("made", "expected"), [("team", "likely"), ("other", "possible")])
def test_a_table_that_no_migration_makes_is_somebody_elses(tmp_path: Path, made: str, expected: str) -> None:
    text = f"""{TEAMS}
@app.get("/x")
def handler(x: int, db: Session = Depends(session)): return db.scalars(select(Team).where(Team.user_id == x)).all()
"""
    migration = f"from alembic import op\nrevision = '1'\ndown_revision = None\ndef upgrade(): op.create_table('{made}')\n"
    project = service(tmp_path, {"app.py": HEAD + text, "migrations/versions/one.py": migration})
    (finding,) = found(project, "missing-index")
    assert finding.confidence == expected


@pytest.mark.parametrize(("call", "expected"), [("copytree", ["likely"]), ("move", ["possible"])])
def test_what_is_moved_is_mostly_renamed(tmp_path: Path, call: str, expected: list[str]) -> None:
    text = f"""
@app.get("/x")
async def handler(a: str, b: str): shutil.{call}(a, b)
"""
    assert confidences(tmp_path, "blocking-call-in-async", text) == expected


def test_what_fills_an_attribute_happens_once(tmp_path: Path) -> None:
    text = """
import requests
class Model:
    def __init__(self): self.weights = None
    def load(self): self.weights = requests.get("https://weights.example/", timeout=5)
    def ready(self):
        if self.weights is None: self.load()
    def fresh(self): requests.get("https://news.example/", timeout=5)
model = Model()
@app.get("/a")
async def first(): model.ready()
@app.get("/b")
async def second(): model.fresh()
"""
    assert sorted(confidences(tmp_path, "blocking-call-transitive", text)) == ["likely", "possible"]


def test_a_client_on_a_loop_of_its_own_cannot_be_shared(tmp_path: Path) -> None:
    text = """
import asyncio
import httpx
async def fetch():
    async with httpx.AsyncClient() as client: return (await client.get("https://a.example/")).text
@app.get("/a")
def first(): return asyncio.run(fetch())
async def other():
    async with httpx.AsyncClient() as client: return (await client.get("https://b.example/")).text
@app.get("/b")
async def second(): return await other()
"""
    assert sorted(confidences(tmp_path, "client-per-request", text)) == ["certain", "possible"]


def test_a_document_that_begins_empty_is_no_work(tmp_path: Path) -> None:
    text = """
import docx
@app.get("/a")
async def first(): return len(docx.Document().paragraphs)
@app.get("/b")
async def second(path: str): return len(docx.Document(path).paragraphs)
"""
    assert len(confidences(tmp_path, "cpu-work-in-async", text)) == 1


def test_methods_of_a_query_are_named_as_such(tmp_path: Path) -> None:
    text = """
@app.get("/a")
async def first(other: int, db: Session = Depends(session)):
    await rest(other)
    return db.query(Order).all()
async def rest(other): ...
"""
    told = found(service(tmp_path, {"app.py": HEAD + text}), "blocking-call-in-async")
    assert [finding.message.partition(" ")[0] for finding in told] == ["`Query.all`"]


def test_what_a_memo_has_is_not_asked_for_in_the_else(tmp_path: Path) -> None:
    text = looping(
        "for x in ids",
        "if x in known:\n            y = known[x]\n        else:\n            y = db.get(Order, x)\n            known[x] = y",
        "ids: list[int], known: dict[int, Order]",
    )
    assert confidences(tmp_path, "n-plus-one-loop", text) == ["possible"]


@pytest.mark.parametrize(
    ("path", "first", "expected"),
    [
        ("/rows", "", "likely"),
        ("/internal/scheduled/rows", "", "possible"),
        ("/rows", "ensure_dev_env()", "possible"),
        ("/rows", "ensure_device()", "likely"),
    ],
)
def test_schedules_and_developers_are_no_users(tmp_path: Path, path: str, first: str, expected: str) -> None:
    text = f"""
def ensure_dev_env(): ...
def ensure_device(): ...
@app.get("{path}")
def rows(ids: list[int], db: Session = Depends(session)):
    {first or "pass"}
    return [db.get(Order, x) for x in ids]
"""
    assert confidences(tmp_path, "n-plus-one-loop", text) == [expected]


def test_administrators_may_be_asked_for_by_a_name_of_the_dependency(tmp_path: Path) -> None:
    text = """
class Permission:
    def __init__(self, name): self.name = name
    def __call__(self): ...
RequireSysAdmin = Permission("x")
RequireUser = Permission("y")
@app.get("/a", dependencies=[Depends(RequireSysAdmin)])
def first(ids: list[int], db: Session = Depends(session)): return [db.get(Order, a) for a in ids]
@app.get("/b", dependencies=[Depends(RequireUser)])
def second(ids: list[int], db: Session = Depends(session)): return [db.get(Order, b) for b in ids]
"""
    told = found(service(tmp_path, {"app.py": HEAD + text}), "n-plus-one-loop")
    assert {finding.route: finding.severity for finding in told} == {"GET /a": "low", "GET /b": "medium"}


def test_a_script_that_a_person_starts_is_a_doubt(tmp_path: Path) -> None:
    making = "from sqlalchemy import create_engine\nengine = create_engine('sqlite://', echo=True)\n"
    root = service(
        tmp_path,
        {
            "app.py": HEAD + "import engines\n",
            "engines.py": making,
            "make_tables.py": making + "if __name__ == '__main__':\n    print(engine)\n",
        },
    )
    told, _ = diagnosis.read(root, diagnosis.chosen(["echo-in-production"]))
    assert {finding.location.path: finding.confidence for finding in told} == {
        "engines.py": "possible",
        "make_tables.py": "possible",
    }


def test_a_query_set_of_tortoise_asks_when_it_is_awaited(tmp_path: Path) -> None:
    text = """
from tortoise import fields
from tortoise.models import Model
class Tag(Model):
    name = fields.CharField(20)
@app.get("/a")
async def chained(names: list[str]):
    query = Tag.all()
    for name in names: query = query.filter(name=name)
    return await query.count()
@app.get("/b")
async def asked(names: list[str]):
    return [await Tag.filter(name=name).count() for name in names]
"""
    told = found(service(tmp_path, {"app.py": HEAD + text}), "n-plus-one-loop")
    assert [finding.route for finding in told] == ["GET /b"]


@pytest.mark.parametrize(
    ("pins", "number"),
    [
        ("", 1),
        ("pydantic==1.10.8\nfastapi==0.85.2\n", 0),
        ("pydantic==2.9.0\nfastapi==0.129.0\n", 0),
        ("pydantic==2.9.0\nfastapi==0.130.0\n", 1),
    ],
)
def test_what_fastapi_walks_itself_is_no_double_validation(tmp_path: Path, pins: str, number: int) -> None:
    text = """
from fastapi.encoders import jsonable_encoder
class Item(BaseModel):
    name: str
def some() -> list[Item]: ...
@app.get("/a")
def items(): return jsonable_encoder(some())
"""
    (tmp_path / "requirements.txt").write_text(pins)
    assert len(confidences(tmp_path, "double-validation", text)) == number


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("https://login.example/.well-known/openid-configuration", 1),
        ("https://users.example/.well-known/webfinger", 0),
    ],
)
def test_not_all_that_is_well_known_is_keys(tmp_path: Path, path: str, number: int) -> None:
    text = f"""
@app.get("/a")
def keys(): return requests.get("{path}", timeout=5).json()
"""
    assert len(confidences(tmp_path, "keys-fetched-per-request", text)) == number


def test_a_generic_alias_brings_what_is_declared_with_it(tmp_path: Path) -> None:
    text = """
from typing import Annotated, TypeVar
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column
T = TypeVar("T")
Indexed = Annotated[T, mapped_column(index=True)]
class Part(Base):
    __tablename__ = "part"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[Indexed[int]]
    size: Mapped[int]
"""
    project = service(tmp_path, {"app.py": HEAD + text})
    columns = project.models.all["app.Part"].columns
    assert {name: column.index for name, column in columns.items()} == {
        "id": False,
        "code": True,
        "size": False,
    }


@pytest.mark.parametrize(("lock", "number"), [("", 1), ("    lock = asyncio.Lock()\n", 0)])
def test_sessions_that_take_turns_may_be_shared(tmp_path: Path, lock: str, number: int) -> None:
    text = f"""
from sqlalchemy.ext.asyncio import AsyncSession
class Turns(AsyncSession):
    extra = 1
{lock}
def opened() -> AsyncSession: ...
async def one(db: AsyncSession): return await db.scalars(select(Order))
@app.get("/a")
async def both(db: AsyncSession = Depends(opened)): return await asyncio.gather(one(db), one(db))
"""
    assert len(confidences(tmp_path, "concurrent-use-of-one-session", text)) == number


def test_a_client_that_the_caller_keeps_is_no_clients_for_each_request(tmp_path: Path) -> None:
    text = """
def make() -> httpx.AsyncClient: return httpx.AsyncClient(timeout=5)
class Chats:
    def renew(self): self.client = make()
chats = Chats()
@app.post("/a")
async def renewed(): chats.renew()
def fresh() -> httpx.AsyncClient: return httpx.AsyncClient(timeout=6)
@app.get("/b")
async def asked(): return (await fresh().get("https://b.example/")).text
"""
    told = found(service(tmp_path, {"app.py": HEAD + text}), "client-per-request")
    assert [finding.route for finding in told] == ["GET /b"]


def test_what_has_no_host_connects_to_nobody(tmp_path: Path) -> None:
    text = """
import ftplib
@app.get("/a")
def first():
    ftp = ftplib.FTP()
    ftp.connect("files.example", 21, timeout=3)
@app.get("/b")
def second(): return ftplib.FTP("files.example").nlst()
"""
    told = found(service(tmp_path, {"app.py": HEAD + text}), "missing-timeout")
    assert [finding.route for finding in told] == ["GET /b"]


def test_a_data_loader_asks_when_something_is_loaded(tmp_path: Path) -> None:
    text = """
from functools import partial
from strawberry.dataloader import DataLoader
async def load(db, keys): return [requests.get(f"https://a.example/{key}", timeout=5) for key in keys]
@app.get("/a")
async def first(db: Session = Depends(session)): return DataLoader(load_fn=partial(load, db))
"""
    told = found(service(tmp_path, {"app.py": HEAD + text}), "blocking-call-in-async")
    assert [finding.confidence for finding in told] == ["possible"]


def test_only_what_fastapi_alone_calls_is_mended_by_def(tmp_path: Path) -> None:
    """Of coroutines over synchronous sessions: not what others await, nor what a decorator may await."""
    text = "def kept(function): return function\n" + "".join(
        f"""
async def load{n}(db: Session): return db.scalars(select(Order)).all()
@app.get("/{n}")
async def awaiting{n}(db: Session = Depends(session)): return await load{n}(db)
@app.get("/kept/{n}")
@kept
async def kept{n}(db: Session = Depends(session)): return db.scalars(select(Order)).all()
@app.get("/plain/{n}")
async def plain{n}(db: Session = Depends(session)): return db.scalars(select(Order)).all()
"""
        for n in range(20)
    )
    (told,) = found(service(tmp_path, {"app.py": HEAD + text}), "sync-session-in-async")
    (needless,) = [evidence for evidence in told.evidence if "await nothing" in evidence.text]
    assert {place.symbol for place in needless.locations} == {f"app.plain{n}" for n in range(20)}


def test_work_is_named_as_its_library_names_it(tmp_path: Path) -> None:
    text = """
from PIL import Image
@app.post("/a")
async def small(path: str): Image.open(path).resize((10, 10)).save(path)
"""
    (told,) = found(service(tmp_path, {"app.py": HEAD + text}), "cpu-work-in-async")
    assert "`PIL.Image.Image." in told.message


@pytest.mark.parametrize(
    ("people", "confidence"),
    [("class CodecOfAccountId: ...", "possible"), ("class UserCreate: ...", "likely")],
)
def test_one_password_means_one_owner(tmp_path: Path, people: str, confidence: str) -> None:
    text = f"""
{people}
class InvalidAuth(Exception): ...
def check(token: str):
    if token != "x": raise InvalidAuth
def owner(token: str): check(token)
@app.get("/a", dependencies=[Depends(owner)])
def first():
    try: return requests.get("http://jobs.internal/", timeout=5).text
    except Exception as error: return JSONResponse({{"told": str(error)}}, status_code=500)
"""
    head = "import requests\nfrom fastapi import Depends, FastAPI\nfrom fastapi.responses import JSONResponse\napp = FastAPI()\n"
    told = found(service(tmp_path, {"app.py": head + text}), "internals-leaked")
    assert [finding.confidence for finding in told] == [confidence]


def test_a_copy_of_the_models_in_a_migration_has_no_index_too_many(tmp_path: Path) -> None:
    models = """
from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Base(DeclarativeBase): pass
class Part(Base):
    __tablename__ = "part"
    __table_args__ = (UniqueConstraint("shop", "code"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    shop: Mapped[int] = mapped_column(index=True)
    code: Mapped[int]
made = Part(shop=1, code=2)
"""
    root = service(tmp_path, {"models.py": models, "migrations/versions/snapshot.py": models})
    told = found(root, "unused-or-duplicate-index")
    assert [finding.location.path for finding in told] == ["models.py"]


@pytest.mark.parametrize(("branches", "said"), [(False, "and 2 more calls"), (True, "in other branches")])
def test_of_branches_a_turn_takes_one(tmp_path: Path, branches: bool, said: str) -> None:
    reads = [f"db.scalars(select(Order).where(Order.id == x + {n})).all()" for n in range(3)]
    tests = ["if x == a", "elif x == b", "else"]
    body = "\n".join(
        f"        {test}:\n            {read}" if branches else f"        {read}"
        for test, read in zip(tests, reads, strict=True)
    )
    text = f"""
@app.get("/x")
def handler(ids: list[int], a: int, b: int, db: Session = Depends(session)):
    for x in ids:
{body}
"""
    (told,) = found(service(tmp_path, {"app.py": HEAD + text}), "n-plus-one-loop")
    assert said in told.message


def test_what_connects_to_nobody_blocks_nobody(tmp_path: Path) -> None:
    text = """
import smtplib
@app.get("/a")
async def first(): return smtplib.SMTP()
@app.get("/b")
async def second(): return smtplib.SMTP("mail.example", timeout=5)
"""
    told = found(service(tmp_path, {"app.py": HEAD + text}), "blocking-call-in-async")
    assert [finding.route for finding in told] == ["GET /b"]


def test_the_nearest_route_is_told_first(tmp_path: Path) -> None:
    text = """
def load(): return requests.get("http://jobs.internal/", timeout=5).text
def middle(): return load()
@app.get("/far")
async def far(): return middle()
@app.get("/near")
async def near(): return load()
"""
    project = service(tmp_path, {"app.py": HEAD + text})
    reach = project.calls.reach(function(project, "load"))
    assert reach is not None
    assert [route.path for route in reach.routes] == ["/near", "/far"]
    assert [step.function.name for step in reach.path] == ["near"]


def test_what_runs_in_threads_and_on_the_loop_is_asked_by_all_routes(tmp_path: Path) -> None:
    text = """
def load(db: Session, user: int): return db.scalars(select(Order).where(Order.user_id == user)).all()
@app.get("/loop")
async def on_loop(user: int, db: Session = Depends(session)): return load(db, user)
@app.get("/thread")
def in_thread(user: int, db: Session = Depends(session)): return load(db, user)
"""
    (told,) = found(service(tmp_path, {"app.py": HEAD + text}), "missing-index")
    assert set(told.routes) == {"GET /loop", "GET /thread"}


def test_of_what_a_schema_reads_collections_are_told_first(tmp_path: Path) -> None:
    text = """
class Owner(Base):
    __tablename__ = "owners"
    id: Mapped[int] = mapped_column(primary_key=True)
class Folder(Base):
    __tablename__ = "folders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("owners.id"))
    user: Mapped[Owner] = relationship()
    files: Mapped[list["File"]] = relationship()
class File(Base):
    __tablename__ = "files"
    id: Mapped[int] = mapped_column(primary_key=True)
    folder_id: Mapped[int] = mapped_column(ForeignKey("folders.id"))
class UserOut(BaseModel): id: int
class FileOut(BaseModel): id: int
class FolderOut(BaseModel):
    id: int
    user: OwnerOut
    files: list[FileOut]
@app.get("/folders", response_model=list[FolderOut])
def folders(db: Session = Depends(session)): return db.scalars(select(Folder)).all()
"""
    (told,) = found(service(tmp_path, {"app.py": HEAD + text}), "n-plus-one-lazy-relationship")
    assert told.message.startswith("`Folder.files`")
    assert "`Folder.user`" in told.evidence[-1].text


def test_a_row_that_a_helper_gives_back_is_the_one_it_got(tmp_path: Path) -> None:
    text = """
class Group(Base):
    __tablename__ = "groups"
    id: Mapped[int] = mapped_column(primary_key=True)
    users: Mapped[list["Owner"]] = relationship()
class Owner(Base):
    __tablename__ = "owners"
    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id"))
def add(db: Session, group: Group, user: Owner) -> Group:
    group.users.append(user)
    return group
@app.get("/x")
def handler(x: int, users: list[Owner], db: Session = Depends(session)):
    group = db.query(Group).filter(Group.id == x).first()
    for user in users:
        group = add(db, group, user)
        print(len(group.users))
"""
    assert not found(service(tmp_path, {"app.py": HEAD + text}), "n-plus-one-lazy-relationship")


def test_an_accessor_that_is_given_an_engine_keeps_it(tmp_path: Path) -> None:
    text = """
from sqlalchemy import create_engine
def engine(request: Request):
    found = keeper.get_from(request.app.state)
    if found is None:
        found = create_engine("postgresql://db")
        {kept}
    return found
@app.get("/x")
def handler(engine = Depends(engine)): return engine
"""
    for kept, problems in (("keeper.set_on(request.app.state, found)", 0), ("print(found)", 1)):
        root = tmp_path / str(problems)
        assert (
            len(found(service(root, {"app.py": HEAD + text.format(kept=kept)}), "engine-per-request"))
            == problems
        )


@pytest.mark.parametrize(
    ("most", "told"), [("if size > 1000: raise ValueError", 0), ("if size > 1000: print(size)", 1)]
)
def test_an_upload_that_is_counted_has_a_limit(tmp_path: Path, most: str, told: int) -> None:
    text = f"""
from fastapi import UploadFile
@app.post("/x")
async def handler(file: UploadFile):
    size = 0
    for chunk in file.file:
        size += len(chunk)
        {most}
    return await file.read()
"""
    assert len(found(service(tmp_path, {"app.py": HEAD + text}), "upload-read-whole")) == told


@pytest.mark.parametrize(("path", "confidence"), [("/healthz", "possible"), ("/orders", "likely")])
def test_what_says_whether_a_service_is_well_is_read_by_machines(
    tmp_path: Path, path: str, confidence: str
) -> None:
    text = f"""
@app.get("{path}")
def handler(db: Session = Depends(session)):
    try: return db.scalars(select(Order)).all()
    except Exception as error: return {{"detail": str(error)}}
"""
    assert confidences(tmp_path, "internals-leaked", text) == [confidence]


@pytest.mark.parametrize(("name", "told"), [("Content-Length", 0), ("X-Page", 1)])
def test_a_server_has_read_the_length(tmp_path: Path, name: str, told: int) -> None:
    text = f"""
@app.post("/x")
def handler(request: Request): return int(request.headers["{name}"])
@app.post("/y")
def other(request: Request): return int(request.headers.get("{name}"))
"""
    assert len(found(service(tmp_path, {"app.py": HEAD + text}), "expected-failure-becomes-500")) == 2 * told


@pytest.mark.parametrize(
    ("decorator", "told"),
    [("redis_cache", 0), ("cache_response", 0), ("no_cache", 1), ("clear_cache", 1), ("timed", 1)],
)
def test_a_decorator_that_keeps_results_is_known_by_its_name(
    tmp_path: Path, decorator: str, told: int
) -> None:
    text = f"""
from infra import {decorator}
@{decorator}(ttl=60)
def load(): return requests.get("http://jobs.internal/", timeout=5).text
@app.get("/x")
async def handler(): return load()
"""
    assert len(found(service(tmp_path, {"app.py": HEAD + text}), "blocking-call-transitive")) == told


def test_who_asks_for_the_loop_cannot_become_a_plain_function(tmp_path: Path) -> None:
    handler = """
@app.get("/{n}")
async def handler{n}(db: Session = Depends(session)):
    {loop}
    return db.scalars(select(Order)).all()
"""
    text = "".join(
        handler.format(n=n, loop="asyncio.get_event_loop().create_task(job())" if n == 3 else "x = 1")
        for n in range(22)
    )
    (told,) = found(service(tmp_path, {"app.py": HEAD + text}), "sync-session-in-async")
    (needless,) = [e for e in told.evidence if "await nothing" in e.text]
    assert needless.text.startswith("21 of them")


@pytest.mark.parametrize(
    ("routes", "severity"),
    [
        ([("GET", "/a")], "high"),
        ([("DELETE", "/a")], "medium"),
        ([("PUT", "/a"), ("PATCH", "/b")], "high"),
        ([("DELETE", "/a"), ("DELETE", "/b")], "medium"),
    ],
)
def test_an_index_for_one_rare_route_is_worth_less(
    tmp_path: Path, routes: list[tuple[str, str]], severity: str
) -> None:
    text = "class Part(Base):\n    __tablename__ = 'parts'\n    id: Mapped[int] = mapped_column(primary_key=True)\n    line_id: Mapped[int] = mapped_column(ForeignKey('lines.id'))\nBase.metadata.create_all(engine)\n"
    text += "".join(
        f"@app.{method.lower()}('{path}')\ndef {method.lower()}_it(user: int, db: Session = Depends(session)): return db.scalars(select(Part).where(Part.line_id == user)).all()\n"
        for method, path in routes
    )
    (told,) = found(service(tmp_path, {"app.py": HEAD + text}), "missing-index")
    assert told.severity == severity


@pytest.mark.parametrize(
    ("body", "told"),
    [("return Gone('no more')", 0), ("raise HTTPException(410)", 0), ("drop()\n    return 1", 1)],
)
def test_a_route_that_says_only_that_it_is_gone_needs_no_login(tmp_path: Path, body: str, told: int) -> None:
    guarded = "".join(
        f"@router.{method}('/{n}')\ndef r{n}(user = Depends(login)): return n\n"
        for n, method in enumerate(["post", "put", "delete", "get", "get", "get"])
    )
    text = f"""
from fastapi import APIRouter, HTTPException
from fastapi.security import HTTPBearer
router = APIRouter()
def login(token = Depends(HTTPBearer())):
    if not token: raise HTTPException(401)
{guarded}
@router.post("/old")
def old():
    {body}
app.include_router(router)
"""
    assert len(found(service(tmp_path, {"app.py": HEAD + text}), "route-without-auth")) == told
