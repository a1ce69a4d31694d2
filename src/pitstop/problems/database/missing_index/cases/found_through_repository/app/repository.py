from typing import Annotated

from fastapi import Depends
from sqlalchemy import select

from app.database import AsyncSessionDep
from app.models import Order


class Orders:
    def __init__(self, session: AsyncSessionDep) -> None:
        self.session = session

    async def of(self, customer: int) -> list[Order]:
        return list(await self.session.scalars(select(Order).where(Order.customer_id == customer)))


OrdersDep = Annotated[Orders, Depends()]
