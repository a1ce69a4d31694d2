"""What detectors tell of statements, by services that really run."""

from __future__ import annotations

from pathlib import Path

from pitstop.data import TraceEvidence

from .live import Service

TWICE = """\
import httpx
from fastapi import BackgroundTasks, Depends, FastAPI
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

import store

engine = create_engine("sqlite:///rows.db", connect_args={"check_same_thread": False})
app = FastAPI()


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    notes: Mapped[list["Note"]] = relationship(lazy="selectin")


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)


Base.metadata.create_all(engine)
with Session(engine) as made:
    made.add(User(id=1, name="a", notes=[Note()]))
    made.commit()


class Through:
    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        await self.app(scope, receive, send)


app.add_middleware(Through)


def session():
    with Session(engine) as opened:
        yield opened


def user(number: int = 1, db=Depends(session)):
    return store.load(db, User, number)


def member(number: int = 1, db=Depends(session)):
    return store.load(db, User, number)  # member


@app.get("/again")
def again(who=Depends(user), db=Depends(session)) -> str:
    return store.greet(db, User, 1)


@app.get("/both")
def both(who=Depends(user), also=Depends(member)) -> str:
    return also.name


@app.get("/written")
def written(who=Depends(user), db=Depends(session)) -> str:
    db.add(User(name="b"))
    db.flush()
    return store.greet(db, User, 1)


@app.get("/asked")
def asked(who=Depends(user), db=Depends(session)) -> str:
    with httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200))) as client:
        client.get("http://other/")
    return store.greet(db, User, 1)


@app.get("/other")
def other(who=Depends(user), db=Depends(session)) -> str:
    return store.greet(db, User, 2)


@app.get("/known")
def known(who=Depends(user), db=Depends(session)) -> str:
    return db.get(User, 1).name


@app.get("/missing")
def missing(who=Depends(user), db=Depends(session)) -> str:
    return store.greet(db, User, 99)


@app.get("/hidden")
def hidden(db=Depends(session)) -> list[str]:
    greet, shout = getattr(store, "greet"), getattr(store, "shout")
    return [greet(db, User, 1), shout(db, User, 1)]


@app.get("/later")
def later(tasks: BackgroundTasks, who=Depends(user)) -> None:
    tasks.add_task(store.later, engine, User)


def typed_user(number: int, db: Session = Depends(session)) -> User | None:
    return db.scalars(select(User).where(User.id == number)).first()


@app.get("/typed/{number}")
def typed(number: int, who: User = Depends(typed_user), db: Session = Depends(session)) -> str:
    found = db.scalars(select(User).where(User.id == number)).first()
    return found.name if found else ""


@app.get("/users/{name}")
def one(name: int, who=Depends(user), db=Depends(session)) -> str:
    return store.greet(db, User, int(name))


@app.get("/notes/{name}")
def note(name: int, who=Depends(user), db=Depends(session)) -> str:
    return store.greet(db, User, 1)


@app.get("/by-name")
def by_name(who=Depends(user)) -> int:
    with Session(engine) as db:
        return len(db.scalars(select(User).where(User.name == "a")).first().notes)


@app.get("/own")
def own(db=Depends(session)) -> list[str]:
    return [store.greet(db, User, 1), store.greet(db, User, 1)]
"""
STORE = """\
from sqlalchemy import select
from sqlalchemy.orm import Session


def load(db, model, number):
    return db.scalars(select(model).where(model.id == number)).first()


def greet(db, model, number):
    found = load(db, model, number)  # greet
    return found.name if found else ""


def shout(db, model, number):
    return load(db, model, number).name.upper()


def later(engine, model):
    with Session(engine) as db:
        greet(db, model, 1)
"""


def test_what_a_dependency_has_read_is_not_to_be_read_again(tmp_path: Path) -> None:
    service = Service(tmp_path, {"main.py": TWICE, "store.py": STORE})
    paths = [
        "again",
        "both",
        "written",
        "asked",
        "other",
        "known",
        "missing?number=99",
        "hidden",
        "later",
        "own",
        "typed/1",
        "users/1",
        "users/2",
        "notes/1",
        "notes/2",
        "by-name",
    ]
    run = service.asked(*(f"GET /{path}" for path in paths))
    assert {exchange.status for exchange in run.exchanges} == {200}
    *read, again, both, note = service.detected("duplicate-query", run)
    assert [each.routes for each in read] == [("GET /own",), ("GET /typed/{number}",)]
    assert again.routes == ("GET /again",)
    assert (again.location.path, again.location.line) == ("store.py", service.line("greet", "store.py"))
    assert again.message == "`greet` reads what the dependency `user` has read already for the same request"
    (evidence,) = again.evidence
    assert isinstance(evidence, TraceEvidence)
    assert evidence.figures["statements"] == 1
    assert evidence.text.startswith("GET /again sent this statement again with the same values once")
    assert both.routes == ("GET /both",)
    assert (both.location.path, both.location.line) == ("main.py", service.line("member"))
    assert note.routes == ("GET /notes/{name}",)
