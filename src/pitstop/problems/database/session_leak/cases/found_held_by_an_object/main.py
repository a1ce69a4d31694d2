from database import database
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

app = FastAPI()


async def get_session():
    yield database.session


@app.get("/")
async def read(session: AsyncSession = Depends(get_session)) -> int:
    return await session.scalar(select(1))
