import asyncio
from contextlib import asynccontextmanager

import requests
from fastapi import FastAPI


async def poll() -> None:
    while True:
        requests.get("https://rates.example/today")
        await asyncio.sleep(60)


@asynccontextmanager
async def lifespan(app: FastAPI):
    task = asyncio.create_task(poll())
    yield
    task.cancel()


app = FastAPI(lifespan=lifespan)
