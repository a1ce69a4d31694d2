import asyncio
import time
from collections.abc import AsyncIterator

import httpx
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()
client = httpx.AsyncClient(base_url="https://rates.example")


@app.get("/counted")
async def counted() -> str:
    left = 3
    while True:
        try:
            return (await client.get("/")).text
        except httpx.HTTPError:
            left -= 1
            if not left:
                raise
            await asyncio.sleep(1)


@app.get("/timed")
async def timed() -> str:
    end = time.monotonic() + 5
    while True:
        try:
            return (await client.get("/")).text
        except httpx.HTTPError:
            if time.monotonic() > end:
                raise
            await asyncio.sleep(1)


@app.get("/chosen")
async def chosen() -> str:
    while True:
        try:
            return (await client.get("/")).text
        except httpx.ConnectError:
            await asyncio.sleep(1)
        except httpx.HTTPStatusError:
            return ""


async def ticks() -> AsyncIterator[str]:
    while True:
        try:
            yield (await client.get("/")).text
        except httpx.HTTPError:
            await asyncio.sleep(1)


@app.get("/ticks")
async def stream() -> StreamingResponse:
    return StreamingResponse(ticks())
