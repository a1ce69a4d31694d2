from typing import Annotated

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from app.passages import all_passages

app = FastAPI()
Local = async_sessionmaker(create_async_engine("postgresql+asyncpg://"))


class PassageRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    source: str
    content: str


async def get_session():
    async with Local() as session:
        yield session


@app.get("/passages", response_model=list[PassageRead])
async def passages(source: str, session: Annotated[AsyncSession, Depends(get_session)]):
    return await all_passages(session, source)
