from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import Sessions

app = FastAPI()


async def session():
    async with Sessions() as opened:
        yield opened


@app.get("/visits")
async def visits(db: AsyncSession = Depends(session)) -> int:
    return await db.scalar(text("SELECT count(*) FROM visits"))


@app.put("/visits/{page}")
async def visit(page: str, db: AsyncSession = Depends(session)) -> None:
    await db.execute(text("INSERT INTO visits (page) VALUES (:page)"), {"page": page})
    await db.commit()
