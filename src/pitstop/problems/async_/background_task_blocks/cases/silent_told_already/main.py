import time

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


async def settle(order: int) -> None:
    time.sleep(2)


@app.post("/orders/{order}")
async def close(order: int, tasks: BackgroundTasks) -> int:
    tasks.add_task(settle, order)
    return order


@app.post("/orders/{order}/now")
async def now(order: int) -> int:
    await settle(order)
    return order
