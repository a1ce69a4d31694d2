import asyncio
import functools
import time
from collections.abc import Callable

from asgiref.sync import sync_to_async
from fastapi import FastAPI

app = FastAPI()


def in_a_thread(function: Callable[[], None]) -> Callable[[], object]:
    @functools.wraps(function)
    async def wrapper() -> None:
        await asyncio.to_thread(function)

    return wrapper


@sync_to_async
def imported() -> None:
    time.sleep(1)


@in_a_thread
def exported() -> None:
    time.sleep(1)


@app.post("/import")
async def take() -> None:
    await imported()
    await exported()
