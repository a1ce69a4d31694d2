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


from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

maker = async_sessionmaker(create_async_engine("postgresql+asyncpg://db/items"))


@app.get("/items/{item_id}")
async def label(item_id: int) -> str:
    async with maker() as db:
        item = (await db.execute(select(Item).where(Item.id == item_id))).scalar_one()
    answer = await client.get(f"https://labels.example/{item.label}")
    return answer.text
