import asyncio

from fastapi import FastAPI

app = FastAPI()


async def number() -> int:
    await asyncio.sleep(0)
    return 1


def fetched() -> int:
    return asyncio.run(number())


@app.get("/a")
def a() -> int:
    return fetched()


@app.get("/b")
async def b() -> int:
    return await asyncio.to_thread(fetched)
