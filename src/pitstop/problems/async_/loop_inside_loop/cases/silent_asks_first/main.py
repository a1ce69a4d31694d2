import asyncio

from fastapi import FastAPI

app = FastAPI()


async def number() -> int:
    await asyncio.sleep(0)
    return 1


def fetched() -> int:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(number())
    return 0


@app.get("/a")
async def a() -> int:
    return fetched()
