import asyncio

from fastapi import FastAPI

app = FastAPI()


async def notify(order_id: int) -> None:
    await asyncio.sleep(order_id)


@app.post("/orders/{order_id}/paid")
async def paid(order_id: int) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(notify(order_id))
