from database import Database
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

app = FastAPI()


async def get_session():
    database = Database()
    yield database.session
    await database.session.close()


@app.get("/")
async def read(session: AsyncSession = Depends(get_session)) -> int:
    return await session.scalar(select(1))
