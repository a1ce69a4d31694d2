from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from app.service import Tagging

app = FastAPI()


def session() -> AsyncSession: ...


@app.post("/tags")
async def tags(names: list[str], db: AsyncSession = Depends(session)) -> None:
    await Tagging(db).add(names)
