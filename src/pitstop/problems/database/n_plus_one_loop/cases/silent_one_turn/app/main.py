from collections.abc import AsyncIterator

from fastapi import BackgroundTasks, FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.database import async_engine
from app.models import Customer, Order

app = FastAPI()


async def get_session() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(async_engine) as session:
        try:
            yield session
        finally:
            await session.close()


async def newest(customer_id: int) -> None:
    async for session in get_session():
        customer = await session.get(Customer, customer_id)
        if customer is not None:
            await session.scalar(select(Order).where(Order.customer_id == customer.id))


@app.post("/customers/{customer_id}/newest")
async def start(customer_id: int, tasks: BackgroundTasks) -> None:
    tasks.add_task(newest, customer_id)


@app.get("/customers")
async def first(ids: str) -> str:
    found = ""
    async with AsyncSession(async_engine) as session:
        for each in ids.split(","):
            customer = await session.get(Customer, int(each))
            if customer is not None:
                order = await session.scalar(select(Order).where(Order.customer_id == customer.id))
                found = str(order)
            break
    return found
