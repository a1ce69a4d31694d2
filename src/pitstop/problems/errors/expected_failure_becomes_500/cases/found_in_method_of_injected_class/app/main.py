from typing import Annotated

from app.models import Tree
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

app = FastAPI()
sessions = async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))


class Trees:
    def __init__(self) -> None:
        self.session: AsyncSession = sessions()

    async def named(self, kind: str) -> Tree:
        tree = (await self.session.scalars(select(Tree).where(Tree.kind == kind))).one()
        if not tree:
            raise HTTPException(status_code=404)
        return tree


@app.get("/kinds/{kind}")
async def first_of(kind: str, trees: Annotated[Trees, Depends()]) -> int:
    return (await trees.named(kind)).id
