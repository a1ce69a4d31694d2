from sqlalchemy import text

from app.database import maker


class Stock:
    async def level(self, sku: str) -> int:
        async with maker() as session:
            found = await session.scalar(text("SELECT level FROM stock WHERE sku = :sku"), {"sku": sku})
        return int(found or 0)
