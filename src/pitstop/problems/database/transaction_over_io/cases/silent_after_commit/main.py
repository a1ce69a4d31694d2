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


@app.post("/items/{item_id}")
async def label(item_id: int, db: AsyncSession = Depends(session)) -> None:
    item = (await db.execute(select(Item).where(Item.id == item_id))).scalar_one()
    if not item.label:
        item.label = "new"
        await db.commit()
    await client.post("https://labels.example", json={"id": item_id})
