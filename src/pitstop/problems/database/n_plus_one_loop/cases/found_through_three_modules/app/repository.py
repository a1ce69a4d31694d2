from typing import Annotated

from fastapi import Depends

from app.database import AsyncSessionDep
from app.models import Customer


class Customers:
    def __init__(self, session: AsyncSessionDep) -> None:
        self.session = session

    async def get(self, key: int) -> Customer | None:
        return await self.session.get(Customer, key)


CustomersDep = Annotated[Customers, Depends()]
