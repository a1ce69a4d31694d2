import asyncio

import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()
few = asyncio.Semaphore(5)


async def size(url: str) -> int:
    async with few:
        return len((await client.get(url)).content)


@app.post("/sizes")
async def sizes(urls: list[str]) -> list[int]:
    return await asyncio.gather(*(size(url) for url in urls))
