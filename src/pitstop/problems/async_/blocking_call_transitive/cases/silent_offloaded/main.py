import asyncio

import requests
from fastapi import FastAPI

app = FastAPI()


def rate(currency: str) -> float:
    return requests.get(f"https://rates.example/{currency}", timeout=5).json()


@app.get("/{currency}")
async def show(currency: str) -> float:
    return await asyncio.to_thread(rate, currency)
