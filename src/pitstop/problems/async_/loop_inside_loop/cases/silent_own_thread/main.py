import asyncio
import threading

from fastapi import FastAPI

app = FastAPI()


async def number() -> int:
    await asyncio.sleep(0)
    return 1


def watch() -> None:
    asyncio.run(number())


@app.post("/watch")
async def start() -> None:
    threading.Thread(target=watch).start()
