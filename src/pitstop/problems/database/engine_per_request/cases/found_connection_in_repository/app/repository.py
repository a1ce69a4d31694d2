import asyncpg


class Prices:
    def __init__(self) -> None:
        self.url = "postgresql://db/prices"

    async def of(self, sku: str) -> int:
        connection = await asyncpg.connect(self.url)
        try:
            return await connection.fetchval("SELECT cents FROM prices WHERE sku = $1", sku)
        finally:
            await connection.close()
