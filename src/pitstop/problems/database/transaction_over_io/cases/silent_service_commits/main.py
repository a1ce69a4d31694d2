import httpx
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

app = FastAPI()
client = httpx.AsyncClient()


class Base(DeclarativeBase): ...


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]


async def session() -> AsyncSession: ...


async def save(db: AsyncSession) -> None:
    await db.commit()


async def rename(item_id: int, db: AsyncSession) -> None:
    item = (await db.execute(select(Item).where(Item.id == item_id))).scalar_one()
    item.label = "renamed"
    await save(db)


@app.post("/items/{item_id}")
async def label(item_id: int, db: AsyncSession = Depends(session)) -> None:
    await rename(item_id, db)
    await client.post("https://labels.example", json={"id": item_id})
