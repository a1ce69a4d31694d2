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


@app.post("/items")
async def create(label: str, db: AsyncSession = Depends(session)) -> None:
    db.add(Item(label=label))
    await client.post("https://labels.example", json={"label": label})
    await db.commit()
