import asyncio

import requests
from fastapi import FastAPI

app = FastAPI()


@app.get("/rates")
async def rates() -> dict[str, float]:
    answer = await asyncio.to_thread(requests.get, "https://rates.example/latest")
    return answer.json()
