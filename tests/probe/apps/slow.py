"""An app that blocks its loop in several ways, and one that does not."""

import asyncio
import threading
import time

from fastapi import Depends, FastAPI

app = FastAPI()


def nested() -> None:
    time.sleep(0.15)  # nested


async def dependency() -> None:
    time.sleep(0.15)  # dependency


@app.get("/direct")
async def direct() -> None:
    time.sleep(0.15)  # direct


@app.get("/nested")
async def nested_two_down() -> None:
    nested()  # calls


@app.get("/depends")
async def depends(_: None = Depends(dependency)) -> None:
    return None


@app.get("/computes")
async def computes() -> int:
    return sum(range(15_000_000))  # work


@app.get("/twice")
async def twice() -> None:
    await asyncio.gather(asyncio.sleep(0.01), late())


async def late() -> None:
    time.sleep(0.15)  # in a task


@app.get("/thread")
async def thread() -> None:
    await asyncio.to_thread(time.sleep, 0.15)


@app.get("/def")
def plain() -> None:
    time.sleep(0.15)


@app.get("/sleeps")
async def sleeps() -> None:
    await asyncio.sleep(0.15)


@app.get("/waits")
async def waits() -> None:
    event = threading.Event()
    asyncio.get_running_loop().call_later(0.12, event.set)
    while not event.is_set():
        await asyncio.sleep(0.005)
