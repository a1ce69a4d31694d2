import asyncio
import time

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


async def settle(order: int) -> None:
    await asyncio.to_thread(time.sleep, 2)


@app.post("/orders/{order}")
async def close(order: int, tasks: BackgroundTasks) -> int:
    tasks.add_task(settle, order)
    return order
