from fastapi import FastAPI

from app.database import AsyncSessionDep
from app.models import Customer

app = FastAPI()


@app.get("/customers/{customer_id}")
async def customer(customer_id: int, session: AsyncSessionDep, full: bool = False) -> dict:
    row = await session.get_one(Customer, customer_id)
    return await row.shown(full)
