from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from app.service import Importer

app = FastAPI()


def session() -> AsyncSession: ...


@app.post("/import")
async def run(items: list[str], db: AsyncSession = Depends(session)) -> None:
    await Importer(db).run(items)
