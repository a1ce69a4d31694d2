from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from .dependencies import tenant_session

app = FastAPI()


@app.get("/notes")
async def notes(session: AsyncSession = Depends(tenant_session)) -> list[str]:
    return list(await session.scalars(text("SELECT body FROM notes")))
