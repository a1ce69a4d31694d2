import asyncio

from fastapi import FastAPI

app = FastAPI()
lock = asyncio.Lock()


@app.get("/number")
async def number() -> int:
    async with lock:
        await asyncio.sleep(0.1)
    return 1
