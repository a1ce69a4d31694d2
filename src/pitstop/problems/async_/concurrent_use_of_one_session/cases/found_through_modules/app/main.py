import asyncio

from fastapi import Depends, FastAPI

from app.repository import Orders

app = FastAPI()


@app.get("/figures")
async def figures(orders: Orders = Depends()) -> list[int]:
    return await asyncio.gather(orders.count(), orders.total())
