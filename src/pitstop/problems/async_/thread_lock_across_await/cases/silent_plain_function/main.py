import asyncio
import threading

from fastapi import FastAPI

app = FastAPI()
lock = threading.Lock()


def number() -> int:
    with lock:
        return 1


@app.get("/number")
async def show() -> int:
    return await asyncio.to_thread(number)
