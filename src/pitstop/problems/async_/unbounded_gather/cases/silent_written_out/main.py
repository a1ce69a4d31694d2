import asyncio

import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()
SHOPS = ("https://a.example", "https://b.example")


class Settings:
    providers: list[str] = []


settings = Settings()


@app.get("/both")
async def both() -> list[int]:
    first, second = await asyncio.gather(client.get("https://a.example"), client.get("https://b.example"))
    return [first.status_code, second.status_code]


@app.get("/shops")
async def shops() -> list[int]:
    return [answer.status_code for answer in await asyncio.gather(*(client.get(shop) for shop in SHOPS))]


@app.get("/providers")
async def providers() -> list[int]:
    answers = await asyncio.gather(*(client.get(provider) for provider in settings.providers))
    return [answer.status_code for answer in answers]


@app.post("/many")
async def many(urls: list[str]) -> int:
    done = 0
    for start in range(0, len(urls), 10):
        part = urls[start : start + 10]
        done += len(await asyncio.gather(*(client.get(url) for url in part)))
    return done


class Shops:
    def __init__(self, home: str) -> None:
        self.addresses = (home, "https://b.example")

    async def codes(self) -> list[int]:
        answers = await asyncio.gather(*(client.get(address) for address in self.addresses))
        return [answer.status_code for answer in answers]


@app.get("/all-shops")
async def all_shops() -> list[int]:
    return await Shops("https://a.example").codes()
