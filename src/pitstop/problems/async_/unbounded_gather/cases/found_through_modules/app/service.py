import asyncio

from app.stock import Stock


class Baskets:
    def __init__(self) -> None:
        self.stock = Stock()

    async def levels(self, skus: list[str]) -> list[int]:
        waiting = []
        for sku in skus:
            waiting.append(asyncio.create_task(self.stock.level(sku)))
        return await asyncio.gather(*waiting)
