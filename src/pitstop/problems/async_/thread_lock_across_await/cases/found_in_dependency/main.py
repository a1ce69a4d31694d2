import asyncio
import threading

from fastapi import Depends, FastAPI

app = FastAPI()
lock = threading.Lock()


async def number() -> int:
    with lock:
        await asyncio.sleep(0.1)
    return 1


@app.get("/number")
async def show(found: int = Depends(number)) -> int:
    return found
