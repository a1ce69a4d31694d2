import asyncio

import httpx
from fastapi import Depends, FastAPI

app = FastAPI()
client = httpx.AsyncClient(base_url="https://names.example")


async def names(keys: list[str]) -> list[str]:
    answers = await asyncio.gather(*(client.get(f"/{key}") for key in keys))
    return [answer.text for answer in answers]


@app.post("/names")
async def show(found: list[str] = Depends(names)) -> list[str]:
    return found
