import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from celery import Celery
from fastapi import FastAPI

celery = Celery()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    time.sleep(1)
    yield


app = FastAPI(lifespan=lifespan)


@celery.task
async def nightly() -> None:
    time.sleep(60)


async def backfill() -> None:
    time.sleep(10)


@app.get("/")
async def root() -> str:
    return "ok"


if __name__ == "__main__":
    import asyncio

    asyncio.run(backfill())
