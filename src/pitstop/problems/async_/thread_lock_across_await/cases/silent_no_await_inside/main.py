import asyncio
import threading

from fastapi import FastAPI

app = FastAPI()
lock = threading.Lock()


@app.get("/number")
async def number() -> int:
    with lock:
        found = 1
    await asyncio.sleep(0.1)
    return found
