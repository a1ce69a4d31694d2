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


async def tell(item_id: int, db: AsyncSession) -> None:
    await db.rollback()
    await client.post("https://labels.example", json={"id": item_id})


@app.get("/items/{item_id}")
async def label(item_id: int, db: AsyncSession = Depends(session)) -> str:
    item = (await db.execute(select(Item).where(Item.id == item_id))).scalar_one()
    found = item.label
    await tell(item_id, db)
    return found
