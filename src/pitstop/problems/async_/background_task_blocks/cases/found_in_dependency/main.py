import time

from fastapi import BackgroundTasks, Depends, FastAPI

app = FastAPI()


async def settle(order: int) -> None:
    time.sleep(2)


def later(order: int, tasks: BackgroundTasks) -> int:
    tasks.add_task(settle, order)
    return order


@app.post("/orders/{order}")
async def close(order: int = Depends(later)) -> int:
    return order
