import asyncio

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI



async def notify(order_id: int) -> None:
    await asyncio.sleep(order_id)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    asyncio.create_task(notify(1))
    yield


app = FastAPI(lifespan=lifespan)
