from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import ForeignKey, create_engine, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()
engine = create_engine("sqlite://")


class Base(DeclarativeBase):
    pass


class Field(Base):
    __tablename__ = "field"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Value(Base):
    __tablename__ = "value"
    id: Mapped[int] = mapped_column(primary_key=True)
    field_id: Mapped[int] = mapped_column(ForeignKey("field.id"), index=True)
    text: Mapped[str]


def opened() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(opened)]


def on_disk() -> set[str]:
    return {"one"}


@app.post("/vanished")
def vanished(names: list[str], session: SessionDep) -> list[int]:
    there = on_disk()
    found = []
    for name in names:
        if name in there:
            continue
        found.extend(session.scalars(select(Field.id).where(Field.name == name)).all())
    return found


@app.post("/tables")
def tables(session: SessionDep) -> list[int]:
    found = []
    for key in [key for table in Base.metadata.tables.values() for key in table.foreign_keys]:
        found.append(len(session.execute(select(key.parent.table).limit(2)).all()))
    return found


def described(session: Session, number: int) -> str:
    field = session.get(Field, number)
    return field.name if field else ""


@app.get("/fields")
def fields(session: SessionDep) -> list[str]:
    return [described(session, field.id) for field in session.scalars(select(Field).limit(50))]


def filled(session: Session, number: int) -> str:
    field = session.get(Field, number)
    text = session.scalars(select(Value.text).where(Value.field_id == number).limit(1)).first()
    return f"{field.name if field else ''}: {text}"


@app.get("/values")
def values(session: SessionDep) -> list[str]:
    return [filled(session, one.id) for one in session.scalars(select(Field).limit(50))]


@app.post("/schemas")
def schemas(names: list[str], session: SessionDep) -> list[int]:
    return [session.execute(text(f"SELECT count(*) FROM {name}.field")).scalar() for name in names]


def names_of(session: Session, numbers: list[int]) -> list[str]:
    return [session.scalars(select(Field.name).where(Field.id == one)).one() for one in numbers]


@app.get("/fields/{number}/name")
def field_name(number: int, session: SessionDep) -> list[str]:
    return names_of(session, [number])
