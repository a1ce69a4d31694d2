import asyncio
import os

from fastapi import FastAPI

app = FastAPI()

if "QUEUE" not in os.environ:

    async def notify(order_id: int) -> None:
        await asyncio.sleep(order_id)

else:

    def notify(order_id: int) -> None:  # type: ignore[misc]
        print(order_id)


@app.post("/orders/{order_id}/paid")
async def paid(order_id: int) -> None:
    notify(order_id)
