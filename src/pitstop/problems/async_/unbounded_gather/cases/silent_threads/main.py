import asyncio

import requests
from fastapi import FastAPI

app = FastAPI()


def status(url: str) -> int:
    return requests.get(url, timeout=5).status_code


@app.post("/statuses")
async def statuses(urls: list[str]) -> list[int]:
    return await asyncio.gather(*(asyncio.to_thread(status, url) for url in urls))
