import asyncio
from collections.abc import Awaitable, Callable

from fastapi import FastAPI

app = FastAPI()
running: set[asyncio.Task[None]] = set()


def in_background(function: Callable[[int], Awaitable[None]]) -> Callable[[int], None]:
    def start(order_id: int) -> None:
        running.add(asyncio.ensure_future(function(order_id)))  # type: ignore[arg-type]

    return start


@in_background
async def notify(order_id: int) -> None:
    await asyncio.sleep(order_id)


@app.post("/orders/{order_id}/paid")
async def paid(order_id: int) -> None:
    notify(order_id)
