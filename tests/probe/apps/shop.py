# ruff: noqa: B008  # dependencies as services declare them
"""A small app with all ways to reach a database: async, sync, threads, dependencies, background, streams."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from sqlalchemy import create_engine, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    note: Mapped[str | None]


engine = create_engine("sqlite:///shop.db")
Base.metadata.drop_all(engine)
Base.metadata.create_all(engine)
with Session(engine) as filling:
    filling.add_all(Item(name=f"first {n}") for n in range(3))
    filling.commit()
Sessions = sessionmaker(engine)
AsyncSessions = async_sessionmaker(create_async_engine("sqlite+aiosqlite:///shop.db"))
executor = ThreadPoolExecutor(1)


async def session() -> AsyncIterator[AsyncSession]:
    async with AsyncSessions() as found:
        yield found


def sync_session() -> Iterator[Session]:
    with Sessions() as found:
        yield found


async def count(db: AsyncSession) -> int:
    return len((await db.execute(select(Item))).all())  # helper


async def counted(db: AsyncSession = Depends(session)) -> int:
    return len((await db.scalars(select(Item.id))).all())  # dependency


def read(db: Session) -> int:
    return len(db.execute(select(Item)).all())  # sync helper


def read_alone() -> int:
    with Sessions() as db:
        return read(db)  # alone


app = FastAPI()
router = APIRouter(prefix="/items")


@router.get("/each/{n}")
async def each(n: int, db: AsyncSession = Depends(session)) -> int:
    total = await count(db)  # caller
    for number in range(n):
        await db.execute(select(Item).where(Item.id == number))  # loop
    return total


@router.get("/sync")
def sync(db: Session = Depends(sync_session)) -> int:
    return read(db)  # sync


@router.get("/on-loop")
async def on_loop(db: Session = Depends(sync_session)) -> int:
    return read(db)  # on loop


@router.get("/depends")
async def depends(number: int = Depends(counted)) -> int:
    return number


@router.get("/threads")
async def threads() -> list[int]:
    found = asyncio.get_running_loop().run_in_executor(executor, read_alone)
    await run_in_threadpool(read_alone)  # awaits threads
    await asyncio.to_thread(read_alone)
    return [await found]


@router.get("/gather")
async def gather() -> int:
    async def one() -> int:
        async with AsyncSessions() as db:
            return await count(db)

    return sum(await asyncio.gather(one(), one()))  # gathers


async def note() -> None:
    async with AsyncSessions() as db:
        await count(db)  # background


@router.get("/background")
async def background(tasks: BackgroundTasks) -> int:
    tasks.add_task(note)
    return 1


@router.get("/stream")
async def stream(db: AsyncSession = Depends(session)) -> StreamingResponse:
    async def parts() -> AsyncIterator[str]:
        for row in await db.scalars(select(Item).order_by(Item.id).limit(2)):  # stream
            yield f"{row.id};"

    return StreamingResponse(parts())


@router.get("/stream-sync")
def stream_sync() -> StreamingResponse:
    def parts() -> Iterator[str]:
        with Sessions() as db:
            yield str(read(db))  # sync stream

    return StreamingResponse(parts())


@router.post("/bulk")
async def bulk(db: AsyncSession = Depends(session)) -> None:
    await db.execute(insert(Item), [{"name": f"n{n}"} for n in range(3)])
    await db.commit()  # commit


@router.post("/one-by-one")
async def one_by_one(db: AsyncSession = Depends(session)) -> None:
    for number in range(3):
        db.add(Item(name=f"n{number}"))
        await db.flush()
    await db.commit()


@router.post("/add-all")
async def add_all(db: AsyncSession = Depends(session)) -> None:
    db.add_all([Item(name=f"n{number}") for number in range(3)])
    await db.commit()


@router.post("/values")
async def values(db: AsyncSession = Depends(session)) -> None:
    await db.execute(insert(Item).values([{"name": f"n{n}"} for n in range(3)]))
    await db.commit()


@router.post("/differs")
async def differs(db: AsyncSession = Depends(session)) -> None:
    await db.execute(insert(Item), [{"name": "n0"}, {"name": "n1"}, {"name": "other"}])
    await db.commit()


@router.post("/rolled-back")
async def rolled_back(db: AsyncSession = Depends(session)) -> None:
    db.add(Item(name="lost"))
    await db.flush()
    await db.rollback()
    db.add(Item(name="kept"))
    await db.flush()
    try:
        async with db.begin_nested():
            db.add(Item(name="lost in a savepoint"))
            await db.flush()
            raise ValueError
    except ValueError:
        await db.commit()


@router.post("/renamed/{item}")
async def renamed(item: int, db: AsyncSession = Depends(session)) -> None:
    await db.execute(update(Item).where(Item.id == item).values(name="new"))
    await db.commit()


@router.get("/late")
async def late() -> int:
    async def after() -> None:
        await asyncio.sleep(0.05)
        async with AsyncSessions() as db:
            await count(db)

    app.state.late = asyncio.create_task(after())
    return 1


@router.get("/wait")
async def wait() -> int:
    await app.state.late
    return 1


@router.get("/raises")
def raises() -> None:
    raise LookupError("with a secret in it")


app.include_router(router, prefix="/api")
inner = FastAPI()


@inner.get("/{name}/size")
def size(name: str) -> int:
    return len(name)


app.mount("/inner/{tenant}", inner)
