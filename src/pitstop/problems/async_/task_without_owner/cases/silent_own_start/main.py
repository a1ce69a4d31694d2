import asyncio

from fastapi import FastAPI

app = FastAPI()


async def notify(order_id: int) -> None:
    await asyncio.sleep(order_id)


tasks: list[asyncio.Task[None]] = []


def create_task(order_id: int) -> None:
    tasks.append(asyncio.create_task(notify(order_id)))


@app.post("/orders/{order_id}/paid")
async def paid(order_id: int) -> None:
    create_task(order_id)
