import os
from collections.abc import AsyncIterator

import aiohttp
import httpx
from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()
CAMERA = "https://camera.example/stream"


async def frames() -> AsyncIterator[bytes]:
    async with httpx.AsyncClient(timeout=5) as client:
        async with client.stream("GET", CAMERA) as answer:
            async for part in answer.aiter_bytes():
                yield part


@app.get("/camera")
async def camera() -> StreamingResponse:
    return StreamingResponse(frames())


async def kept_elsewhere(text: str) -> str:
    async with httpx.AsyncClient(timeout=6) as client:
        return (await client.post("https://paste.example/", content=text)).text


@app.post("/texts")
async def keep(text: str) -> str:
    if os.environ["STORE"] == "elsewhere":
        return await kept_elsewhere(text)
    return "here"


class Prices:
    def __init__(self) -> None:
        self.is_stale = True

    async def refresh(self) -> int:
        async with httpx.AsyncClient(timeout=7) as client:
            return (await client.get("https://prices.example/")).status_code


prices = Prices()


@app.get("/prices")
async def all_prices() -> None:
    if prices.is_stale:
        await prices.refresh()


kept: dict[str, str] = {}


async def from_cache(key: str) -> str | None:
    return kept.get(key)


@app.get("/news")
async def news() -> str:
    if found := await from_cache("news"):
        return found
    async with httpx.AsyncClient(timeout=8) as client:
        kept["news"] = (await client.get("https://news.example/")).text
    return kept["news"]


@app.get("/weather")
async def weather() -> int:
    async with aiohttp.ClientSession() as session:
        async with session.get("https://weather.example/") as answer:
            return answer.status


class Printer:
    host: str


@app.post("/printers/test")
async def tried(printer: Printer = Depends()) -> int:
    url = f"http://{printer.host}/status"
    async with httpx.AsyncClient(timeout=9) as client:
        return (await client.get(url)).status_code


@app.get("/page")
async def page() -> int:
    async with httpx.AsyncClient(timeout=10) as client:
        closing = {"Connection": "close"}
        return (await client.get("https://pages.example/", headers=closing)).status_code
