from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


async def note(order: int) -> None:
    with open("orders.log", "a") as file:
        file.write(f"{order}")


@app.post("/orders/{order}")
async def close(order: int, tasks: BackgroundTasks) -> int:
    tasks.add_task(note, order)
    return order
