import asyncio

import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()
few = asyncio.Semaphore(5)


async def page(url: str) -> str:
    async with few:
        return (await client.get(url)).text


@app.post("/pages")
async def pages(urls: list[str]) -> list[str]:
    return await asyncio.gather(*(page(url) for url in urls))


@app.post("/more")
async def more(urls: list[str]) -> list[str]:
    limit = asyncio.Semaphore(3)

    async def one(url: str) -> str:
        async with limit:
            return (await client.get(url)).text

    return await asyncio.gather(*[one(url) for url in urls])
