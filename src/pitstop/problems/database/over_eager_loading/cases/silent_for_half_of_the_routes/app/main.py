from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import select

from app.database import SessionDep
from app.models import Author

app = FastAPI()


class AuthorOut(BaseModel):
    name: str
    prizes: list[str]


def newest(session: SessionDep) -> list[Author]:
    return list(session.scalars(select(Author).order_by(Author.id.desc()).limit(20)))


def named(session: SessionDep, name: str) -> Author | None:
    return session.scalar(select(Author).where(Author.name == name))


@app.get("/authors", response_model=list[AuthorOut])
def authors(session: SessionDep):
    return newest(session)


@app.get("/authors/prized", response_model=list[AuthorOut])
def prized(session: SessionDep):
    return newest(session)


@app.get("/authors/best", response_model=list[AuthorOut])
def best(session: SessionDep):
    return newest(session)


@app.get("/authors/latest", response_model=list[AuthorOut])
def latest(session: SessionDep):
    return newest(session)


@app.get("/authors/fresh", response_model=list[AuthorOut])
def fresh(session: SessionDep):
    return newest(session)


@app.get("/authors/{name}/name")
def name(session: SessionDep, name: str) -> int:
    found = named(session, name)
    return len(found.name) if found else 0


@app.get("/authors/{name}/active")
def active(session: SessionDep, name: str) -> int:
    found = named(session, name)
    return len(found.name) if found else 0


@app.get("/authors/{name}/known")
def known(session: SessionDep, name: str) -> int:
    found = named(session, name)
    return len(found.name) if found else 0


@app.get("/authors/{name}/first")
def first(session: SessionDep, name: str) -> int:
    found = named(session, name)
    return len(found.name) if found else 0


@app.get("/authors/{name}/last")
def last(session: SessionDep, name: str) -> int:
    found = named(session, name)
    return len(found.name) if found else 0
