from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app import jobs


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    jobs.start()
    yield


app = FastAPI(lifespan=lifespan)
