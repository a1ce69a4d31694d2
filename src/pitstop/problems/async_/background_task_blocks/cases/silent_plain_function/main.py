import time

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


def settle(order: int) -> None:
    time.sleep(2)


@app.post("/orders/{order}")
async def close(order: int, tasks: BackgroundTasks) -> int:
    tasks.add_task(settle, order)
    return order
