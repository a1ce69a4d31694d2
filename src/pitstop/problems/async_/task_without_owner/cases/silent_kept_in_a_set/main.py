import asyncio

from fastapi import FastAPI

app = FastAPI()


async def notify(order_id: int) -> None:
    await asyncio.sleep(order_id)


running: set[asyncio.Task[None]] = set()


@app.post("/orders/{order_id}/paid")
async def paid(order_id: int) -> None:
    task = asyncio.create_task(notify(order_id))
    running.add(task)
    task.add_done_callback(running.discard)
