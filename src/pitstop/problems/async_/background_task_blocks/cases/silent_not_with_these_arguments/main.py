import time

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()
done: list[str] = []


async def make(name: str, file: bytes | None = None, slow: bool = False) -> None:
    if file:
        time.sleep(2)
    if slow:
        time.sleep(3)
    done.append(name)


@app.post("/assets")
async def start(name: str, background_tasks: BackgroundTasks) -> None:
    background_tasks.add_task(make, name, None)
