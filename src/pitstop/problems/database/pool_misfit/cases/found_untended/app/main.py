from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import session

app = FastAPI()


@app.get("/count")
async def count(db: AsyncSession = Depends(session)) -> int:
    return await db.scalar(text("SELECT count(*) FROM orders"))
