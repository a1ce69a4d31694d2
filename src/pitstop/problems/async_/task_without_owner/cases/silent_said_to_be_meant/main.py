import asyncio

from fastapi import FastAPI

app = FastAPI()


async def notify(order_id: int) -> None:
    await asyncio.sleep(order_id)


@app.post("/orders/{order_id}/paid")
async def paid(order_id: int) -> None:
    asyncio.create_task(notify(order_id))  # noqa: RUF006
