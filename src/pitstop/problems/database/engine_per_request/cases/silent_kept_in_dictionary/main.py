from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

app = FastAPI()


class Databases:
    engines: dict[str, AsyncEngine] = {}

    def engine(self, name: str) -> AsyncEngine:
        if name not in self.engines:
            engine = create_async_engine(f"postgresql+asyncpg://db/{name}")
            self.engines[name] = engine
        return self.engines[name]


@app.get("/{name}/count")
async def count(name: str) -> int:
    async with Databases().engine(name).connect() as connection:
        return (await connection.execute(text("SELECT count(*) FROM notes"))).scalar_one()
