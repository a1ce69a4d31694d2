from typing import Annotated

from fastapi import Depends

from app.repository import OrdersDep


class Statistics:
    def __init__(self, orders: OrdersDep) -> None:
        self.orders = orders

    async def count(self, customer: int) -> int:
        return len(await self.orders.of(customer))


StatisticsDep = Annotated[Statistics, Depends()]
