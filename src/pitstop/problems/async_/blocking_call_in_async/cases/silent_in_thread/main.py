import asyncio

import anyio.to_thread
import requests
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

app = FastAPI()


def fetch(path: str) -> str:
    return requests.get(f"https://pages.example/{path}", timeout=5).text


@app.get("/{path}")
async def page(path: str) -> list[str]:
    return [
        await asyncio.to_thread(fetch, path),
        await run_in_threadpool(requests.get, path),
        await anyio.to_thread.run_sync(fetch, path),
    ]
