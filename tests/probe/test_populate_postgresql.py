"""Rows made in PostgreSQL: its own types, its own checks, its sequences."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from .runner import Runner
from .test_populate import ASGI, populate

SERVICE = (
    """
import datetime as dt, enum, uuid
from sqlalchemy import *
from sqlalchemy.dialects.postgresql import ARRAY, CIDR, CITEXT, DATERANGE, INET, INT4RANGE, JSONB, MACADDR, TSTZRANGE, TSVECTOR, UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Base(DeclarativeBase): pass
class State(enum.Enum):
    open = "o"
    shut = "s"
URL = "{url}"

class Team(Base):
    __tablename__ = "teams"
    __table_args__ = (CheckConstraint("code ~ '^[A-Z]{{3}}-[0-9]{{2,4}}$'"), {{"schema": "work"}})
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    name: Mapped[str] = mapped_column(String(40))
    code: Mapped[str]
    state: Mapped[State]
    color: Mapped[str] = mapped_column(Enum("red", "green", name="color"))
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", use_alter=True, name="lead"))

class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("work.teams.id"))
    email: Mapped[str]
    tags: Mapped[list[str]] = mapped_column(ARRAY(String))
    numbers: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default="{{}}")
    data: Mapped[dict] = mapped_column(JSONB)
    old: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True))
    address: Mapped[str] = mapped_column(INET)
    net: Mapped[str] = mapped_column(CIDR)
    mac: Mapped[str] = mapped_column(MACADDR)
    stay: Mapped[Any] = mapped_column(DATERANGE)
    span: Mapped[Any] = mapped_column(TSTZRANGE)
    seats: Mapped[Any] = mapped_column(INT4RANGE)
    took: Mapped[dt.timedelta]
    seen: Mapped[dt.datetime]
    first: Mapped[str]
    whole: Mapped[str] = mapped_column(Computed("first || '!'"))
    words: Mapped[Any] = mapped_column(TSVECTOR, Computed("to_tsvector('simple', first)"))
    search: Mapped[Any] = mapped_column(TSVECTOR, nullable=True)
    ratio: Mapped[float]
    share: Mapped[Any] = mapped_column(Numeric(3, 2))
    photo: Mapped[bytes]
    deleted_at: Mapped[dt.datetime | None]
    __table_args__ = (
        Index("ix_email", func.lower(email_text := text("email")) if False else text("lower(email)"), unique=True),
        CheckConstraint("share BETWEEN 0.25 AND 0.75"),
        CheckConstraint("num_nonnulls(deleted_at, lead) = 1 OR search IS NULL") if False else CheckConstraint("ratio > 1"),
    )

class Entry(Base):
    __tablename__ = "entries"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    other: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    number: Mapped[int] = mapped_column(Integer, Sequence("entry_number"))
    status: Mapped[str] = mapped_column(String(12))
    url: Mapped[str | None]
    file: Mapped[str | None]
    __table_args__ = (
        CheckConstraint("status::text = ANY (ARRAY['new'::character varying, 'old'::character varying]::text[])"),
        CheckConstraint("num_nonnulls(url, file) = 1"),
        Index("ix_one_new", "person_id", unique=True, postgresql_where=text("status = 'new'")),
    )

class Left(Base):
    __tablename__ = "lefts"
    id: Mapped[int] = mapped_column(primary_key=True)
    right_id: Mapped[int] = mapped_column(ForeignKey("rights.id", deferrable=True, initially="DEFERRED"))
class Right(Base):
    __tablename__ = "rights"
    id: Mapped[int] = mapped_column(primary_key=True)
    left_id: Mapped[int] = mapped_column(ForeignKey("lefts.id", deferrable=True))

class Strict(Base):
    __tablename__ = "stricts"
    id: Mapped[int] = mapped_column(primary_key=True)
    lax_id: Mapped[int] = mapped_column(ForeignKey("laxes.id"))
class Lax(Base):
    __tablename__ = "laxes"
    id: Mapped[int] = mapped_column(primary_key=True)
    strict_id: Mapped[int] = mapped_column(ForeignKey("stricts.id"))
""".replace("import datetime as dt, enum, uuid", "import datetime as dt, enum, uuid\nfrom typing import Any")
    .replace('Index("ix_email", func.lower(email_text := text("email")) if False else text("lower(email)"), unique=True)', 'Index("ix_email", text("lower(email)"), unique=True)')
    .replace('CheckConstraint("num_nonnulls(deleted_at, lead) = 1 OR search IS NULL") if False else ', "")
)  # fmt: skip

APP = """
from contextlib import asynccontextmanager
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
engine = create_async_engine(URL)
app = FastAPI()

@app.post("/entries")
async def add() -> list[int]:
    async with AsyncSession(engine, expire_on_commit=False) as session:
        person = await session.scalar(select(func.max(Person.id)))
        team = await session.scalar(select(Team.id).limit(1))
        row = Entry(person_id=person, status="old", url="x")
        left = (await session.execute(text("SELECT nextval('people_id_seq')"))).scalar()
        session.add(row)
        await session.commit()
        await session.refresh(row)
        return [row.id, row.other, row.number, left]
"""


def query(url: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_types_checks_and_sequences(runner: Runner, postgres_url: str, driver: str) -> None:
    url = postgres_url.replace("://", f"+{driver}://")
    runner.write("service.py", SERVICE.format(url=url) + APP)
    report = populate(runner, url=postgres_url, rows=300)
    assert report["created"]
    tables = {
        name: (table["after"], table["reason"])
        for name, table in report["tables"].items()
        if name not in ("stricts", "laxes")
    }
    assert tables == {
        "work.teams": (300, ""), "people": (300, ""), "entries": (300, ""), "lefts": (300, ""), "rights": (300, "")
    }  # fmt: skip
    assert [report["tables"][name]["after"] for name in ("stricts", "laxes")] == [0, 0]
    assert "circle" in report["tables"]["stricts"]["reason"] + report["tables"]["laxes"]["reason"]
    ((states, colors, leads),) = query(
        postgres_url, "SELECT count(DISTINCT state), count(DISTINCT color), count(lead_id) FROM work.teams"
    )
    assert (states, colors) == (2, 2)
    assert 150 < leads < 300
    assert query(postgres_url, "SELECT count(*) FROM entries WHERE parent_id IS NOT NULL")[0][0] > 150
    assert query(postgres_url, "SELECT count(*) FROM entries WHERE status = 'new'")[0][0] > 0
    assert query(postgres_url, "SELECT reltuples FROM pg_class WHERE relname = 'entries'") == [(300.0,)]
    run = runner.requests("service:app", "POST /entries", databases=[postgres_url])
    assert run.exchanges[0].status == 200, run.exchanges[0].error
    assert run.exchanges[0].body == b"[301,301,301,301]"


def test_the_same_rows_again(runner: Runner, postgres_url: str) -> None:
    runner.write("service.py", SERVICE.format(url=postgres_url.replace("://", "+psycopg://")) + ASGI)
    found = []
    for _ in range(2):
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            for statement in (
                "DROP SCHEMA IF EXISTS work CASCADE",
                "DROP SCHEMA public CASCADE",
                "CREATE SCHEMA public",
            ):
                connection.execute(statement)
        populate(runner, url=postgres_url, rows=60)
        found.append(
            [
                query(postgres_url, f"SELECT t::text FROM {name} t ORDER BY 1")
                for name in ("people", "work.teams", "entries")
            ]
        )
    assert [len(rows) for rows in found[0]] == [60, 60, 60]
    assert found[0] == found[1]


def test_another_database_than_the_one_named_is_not_touched(runner: Runner, postgres_url: str) -> None:
    runner.write(
        "service.py", SERVICE.format(url="postgresql+psycopg://postgres@127.0.0.1:1/production") + ASGI
    )
    report = populate(runner, url=postgres_url, rows=20)
    assert report["tables"]["people"]["after"] == 20
