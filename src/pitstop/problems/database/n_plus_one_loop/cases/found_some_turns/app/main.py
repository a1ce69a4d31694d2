from collections.abc import AsyncIterator

from fastapi import FastAPI
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import async_engine
from app.models import Customer, Order

app = FastAPI()


async def customers() -> AsyncIterator[int]:
    async with AsyncSession(async_engine) as session:
        for customer in await session.scalars(select(Customer)):
            yield customer.id


def of(customer_id: int) -> Select[tuple[Order]]:
    return select(Order).where(Order.customer_id == customer_id)


@app.get("/orders")
async def orders() -> list[str]:
    found = []
    async with AsyncSession(async_engine) as session:
        async for each in customers():
            order = await session.scalar(of(each))
            found.append(str(order))
    return found


@app.get("/known")
async def known_of() -> str:
    found = ""
    async with AsyncSession(async_engine) as session:
        async for each in customers():
            if each > 0:
                known = await session.scalar(of(each))
                found += str(known)
                continue
            found = "none"
            break
    return found
