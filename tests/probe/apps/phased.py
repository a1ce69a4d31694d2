"""An app that says itself how long each phase takes: a sleep may last longer than it should."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, Query
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, BaseModel, PlainSerializer
from starlette.middleware.base import BaseHTTPMiddleware

app = FastAPI()
TRUTH: dict[str, float] = {}
"""Milliseconds by the name of the phase, since it was last emptied."""


def took(phase: str, started: float) -> None:
    TRUTH[phase] = TRUTH.get(phase, 0) + (time.perf_counter() - started) * 1000


async def rest(phase: str, seconds: float) -> None:
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    took(phase, started)


def pause(phase: str, seconds: float) -> None:
    started = time.perf_counter()
    time.sleep(seconds)
    took(phase, started)


class Pure:  # pure
    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await rest("middleware Pure", 0.02)

        async def out(message: Any) -> None:
            if message["type"] == "http.response.start":
                await rest("middleware Pure", 0.03)
            await send(message)

        await self.app(scope, receive, out)


class Based(BaseHTTPMiddleware):
    async def dispatch(self, request: Any, call_next: Any) -> Any:
        await rest("middleware Based", 0.04)
        response = await call_next(request)
        await rest("middleware Based", 0.02)
        return response


def pausing(phase: str, seconds: float) -> Any:
    def through(value: Any) -> Any:
        pause(phase, seconds)
        return value

    return through


class Order(BaseModel):
    amount: Annotated[int, AfterValidator(pausing("validation", 0.05))]


class Told(BaseModel):
    amount: Annotated[int, PlainSerializer(pausing("serialisation", 0.06))]


def in_thread() -> None:  # in_thread
    pause("dependency in_thread", 0.07)


async def needed() -> None:
    await rest("dependency needed", 0.08)


async def needing(_: None = Depends(needed)) -> None:
    await rest("dependency needing", 0.03)


async def entered() -> AsyncIterator[None]:
    await rest("dependency entered", 0.02)
    yield
    await rest("dependency entered", 0.04)


def entered_in_thread() -> Iterator[None]:
    pause("dependency entered_in_thread", 0.03)
    yield
    pause("dependency entered_in_thread", 0.02)


class Called:
    async def __call__(self) -> None:
        await rest("dependency Called", 0.05)


def later(seconds: float) -> None:
    pause("background later", seconds)


layered = FastAPI()


@layered.get("/layered")
async def within() -> dict[str, int]:
    await rest("handler within", 0.05)
    return {"x": 1}


layered.add_middleware(Based)
layered.add_middleware(Pure)


@layered.middleware("http")
async def by_decorator(request: Any, call_next: Any) -> Any:
    pause("middleware by_decorator", 0.01)
    return await call_next(request)


outer = FastAPI()
outer.mount("/below", layered)


class Outer(BaseHTTPMiddleware):
    async def dispatch(self, request: Any, call_next: Any) -> Any:
        await rest("middleware Outer", 0.03)
        return await call_next(request)


outer.add_middleware(Outer)
router = APIRouter(prefix="/nested")
inner = APIRouter(prefix="/deeper")


@inner.post("/orders/{number}")
async def order(
    body: Order,
    number: int,
    tasks: BackgroundTasks,
    a: None = Depends(in_thread),
    b: None = Depends(needing),
    c: None = Depends(entered),
    d: None = Depends(entered_in_thread),
    e: None = Depends(Called()),
) -> Told:
    await rest("handler order", 0.09)
    tasks.add_task(later, 0.03)
    del number, a, b, c, d, e
    return Told(amount=body.amount)


router.include_router(inner)
app.include_router(router)


@app.get("/plain")
def plain(x: Annotated[int, Query(), AfterValidator(pausing("validation", 0.04))] = 1) -> dict[str, int]:
    pause("handler plain", 0.06)
    return {"x": x}


@app.get("/collecting")
async def collecting() -> None:
    heap: list[list[int]] = [[] for _ in range(300_000)]
    started = time.perf_counter()
    gc.collect()
    took("garbage collection", started)
    del heap
    await rest("handler collecting", 0.05)


@app.get("/stream")
async def stream() -> StreamingResponse:
    await rest("handler stream", 0.02)

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(4):
            await rest("response", 0.02)
            yield b"part"

    return StreamingResponse(parts())


@app.get("/raising")
async def raising(_: None = Depends(needed)) -> None:
    await rest("handler raising", 0.04)
    raise RuntimeError("no")


@app.get("/many")
def many() -> int:
    return 1
