import asyncio

from fastapi import FastAPI

app = FastAPI()


async def notify(order_id: int) -> None:
    await asyncio.sleep(order_id)


def later(order_id: int) -> None:
    loop = asyncio.get_running_loop()
    loop.create_task(notify(order_id))


@app.post("/orders/{order_id}/sent")
async def sent(order_id: int) -> None:
    later(order_id)


@app.post("/orders/{order_id}/paid")
async def paid(order_id: int) -> None:
    asyncio.ensure_future(notify(order_id))
