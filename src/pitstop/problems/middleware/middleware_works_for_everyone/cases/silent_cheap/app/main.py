import time

import httpx
from fastapi import FastAPI, Request

app = FastAPI()
client = httpx.AsyncClient(timeout=2)


@app.middleware("http")
async def clock(request: Request, call_next):
    begun = time.perf_counter()
    answer = await call_next(request)
    answer.headers["x-time"] = str(time.perf_counter() - begun)
    return answer


@app.get("/rates")
async def rates() -> str:
    return (await client.get("https://rates.example.org")).text


@app.get("/health")
async def health() -> str:
    return "ok"
