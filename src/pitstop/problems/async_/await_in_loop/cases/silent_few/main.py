import httpx
from fastapi import FastAPI

app = FastAPI()
client = httpx.AsyncClient()
SHOPS = ["https://a.example", "https://b.example"]


class Settings:
    mirrors: list[str] = []


settings = Settings()


@app.get("/shops")
async def shops() -> list[int]:
    return [(await client.get(shop)).status_code for shop in SHOPS]


@app.get("/mirrors")
async def mirrors() -> list[int]:
    found = []
    for mirror in settings.mirrors:
        found.append((await client.get(mirror)).status_code)
    return found
