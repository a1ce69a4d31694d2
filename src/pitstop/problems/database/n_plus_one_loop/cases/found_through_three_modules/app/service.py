from typing import Annotated

from fastapi import Depends

from app.repository import CustomersDep


class Names:
    def __init__(self, customers: CustomersDep) -> None:
        self.customers = customers

    async def name(self, key: int) -> str:
        customer = await self.customers.get(key)
        return customer.name if customer else ""


NamesDep = Annotated[Names, Depends()]
