from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

app = FastAPI()


class Base(DeclarativeBase): ...


class Vote(Base):
    __tablename__ = "votes"
    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int]


async def session() -> AsyncSession: ...


@app.post("/votes")
async def vote(value: int, db: AsyncSession = Depends(session)) -> Vote:
    row = Vote(value=value)
    db.add(row)
    await db.commit()
    await db.refresh(row)
    return row
