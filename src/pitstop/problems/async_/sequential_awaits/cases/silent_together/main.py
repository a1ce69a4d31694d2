import asyncio

import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()


@app.get("/both")
async def both() -> int:
    first, second = await asyncio.gather(client.get("https://a.example"), client.get("https://b.example"))
    return first.status_code + second.status_code


@app.get("/checked")
async def checked() -> int:
    first = await client.get("https://a.example")
    if first.status_code != 200:
        return first.status_code
    second = await client.get("https://b.example")
    return second.status_code
