"""A service in every form that FastAPI knows, which says itself how long each of its parts took."""

import asyncio
import functools
import inspect
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import httpx
import redis.asyncio
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, BaseModel, PlainSerializer
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.pool import QueuePool
from starlette.middleware.base import BaseHTTPMiddleware
from told import TRUTH, burn, burning, part, pause, rest  # type: ignore[import-not-found]  # it lies beside this file where it runs


class Order(BaseModel):
    amount: Annotated[int, AfterValidator(burning("validation", 0.03))]


class Told(BaseModel):
    amount: Annotated[
        int, AfterValidator(burning("serialisation", 0.03)), PlainSerializer(burning("serialisation", 0.03))
    ]


# --- what a handler waits for ----------------------------------------------------------------------------------------

engine = create_engine(
    "sqlite:///forms.db",
    poolclass=QueuePool,
    pool_size=1,
    max_overflow=0,
    connect_args={"check_same_thread": False},
)
store = redis.asyncio.Redis.from_url(os.environ.get("STORE", "redis://127.0.0.1"))
OUTSIDE = os.environ.get("OUTSIDE", "")


@event.listens_for(engine, "connect")
def connected(connection: sqlite3.Connection, _: Any) -> None:
    connection.create_function("pause", 1, time.sleep)


def query(connection: Connection, seconds: float) -> None:
    with part("database"):
        connection.execute(text(f"SELECT pause({seconds})"))  # database


async def call_outside(client: httpx.AsyncClient) -> None:
    with part("outbound HTTP"):
        await client.get(OUTSIDE)  # outbound HTTP


# --- dependencies ----------------------------------------------------------------------------------------------------


async def of_app() -> None:
    await rest("dependency of_app", 0.02)


async def of_outer_router() -> None:
    await rest("dependency of_outer_router", 0.02)


def of_inner_router() -> None:
    pause("dependency of_inner_router", 0.03)


async def of_route(_: None = Depends(of_inner_router)) -> None:
    await rest("dependency of_route", 0.02)


async def entered() -> AsyncIterator[str]:
    await rest("dependency entered", 0.02)
    yield "entered"
    await rest("dependency entered", 0.04)


def entered_in_thread(_: str = Depends(entered)) -> Iterator[None]:
    pause("dependency entered_in_thread", 0.03)
    try:
        yield
    finally:
        pause("dependency entered_in_thread", 0.02)


def connection() -> Iterator[Connection]:
    with part("dependency connection"):
        with part("connection wait"):
            taken = engine.connect()  # connection wait
        time.sleep(0.02)
    try:
        yield taken
    finally:
        taken.close()


class Called:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    async def __call__(self) -> None:
        await rest("dependency Called", self.seconds)


class Paging:
    page = 1

    def __init__(self, size: int = 1) -> None:
        pause(f"dependency {type(self).__name__}", 0.03)
        self.size = size


@dataclass
class Filters:
    name: str = ""

    def __post_init__(self) -> None:
        pause("dependency Filters", 0.02)


class Inherited(Paging):
    page = 2


def timed(function: Any) -> Any:
    @functools.wraps(function)
    async def around(*args: Any, **named: Any) -> Any:
        return await function(*args, **named)

    return around


# --- routes ----------------------------------------------------------------------------------------------------------

app = FastAPI(dependencies=[Depends(of_app)])
outer = APIRouter(prefix="/outer", dependencies=[Depends(of_outer_router)])
inner = APIRouter(prefix="/inner", dependencies=[Depends(of_inner_router)])
plain = FastAPI()


@inner.get("/nested/{number}", dependencies=[Depends(of_route)])
async def nested(number: int) -> int:
    await rest("handler nested", 0.04)
    return number


outer.include_router(inner)
app.include_router(outer)


@plain.post("/async", response_model=Told)
async def handler(
    body: Order,
    tasks: BackgroundTasks,
    _: None = Depends(entered_in_thread),
    __: None = Depends(Called(0.02)),
    ___: None = Depends(functools.partial(of_route, None)),
) -> Any:
    tasks.add_task(run_later, 0.02)
    tasks.add_task(rest_later, seconds=0.03)
    with part("handler handler"):
        async with httpx.AsyncClient(trust_env=False) as client:
            burn("handler handler", 0.02)
            await call_outside(client)
        with part("redis"):
            await store.blpop(["nothing"], timeout=0.03)  # redis
        await asyncio.sleep(0.02)
    return {"amount": body.amount}


@plain.get("/def", response_model=Told)
def in_thread(
    database: Annotated[Connection, Depends(connection)],
    _: Annotated[Paging, Depends()],
    __: Annotated[Filters, Depends()],
    ___: Annotated[Inherited, Depends()],
) -> Any:
    with part("handler in_thread"):
        burn("handler in_thread", 0.02)
        query(database, 0.03)
        time.sleep(0.02)
    return {"amount": 1}


def run_later(seconds: float) -> None:
    pause("background run_later", seconds)


async def rest_later(seconds: float) -> None:
    await rest("background rest_later", seconds)


@plain.get("/pooled")
def pooled(database: Annotated[Connection, Depends(connection)]) -> None:
    with part("handler pooled"):
        query(database, 0.03)


async def ready() -> None:
    TRUTH.get().ready = time.perf_counter()


@plain.get("/queued")
def queued(_: None = Depends(ready)) -> None:
    truth = TRUTH.get()
    truth.took("thread wait", (time.perf_counter() - truth.ready) * 1000)
    pause("handler queued", 0.05)


@plain.get("/decorated")
@timed
async def decorated(_: None = Depends(timed(of_app))) -> None:
    await rest("handler decorated", 0.04)


@plain.get("/failing")
async def failing(_: str = Depends(entered)) -> None:
    await rest("handler failing", 0.03)
    raise RuntimeError("no")


# --- views -----------------------------------------------------------------------------------------------------------

views = APIRouter(prefix="/views")


def class_based(router: APIRouter) -> Any:
    """What `cbv` of fastapi-utils and fastapi-restful does: `self` becomes a dependency on the class."""

    def made(cls: Any) -> Any:
        annotations = {n: a for n, a in cls.__annotations__.items() if n in vars(cls)}
        given = [
            inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, annotation=a, default=getattr(cls, n))
            for n, a in annotations.items()
        ]

        def __init__(self: Any, **named: Any) -> None:  # noqa: N807  # it becomes one
            vars(self).update(named)

        cls.__init__, cls.__signature__ = __init__, inspect.Signature(given)
        for name, function in vars(cls).items():
            if inspect.isfunction(function) and not name.startswith("_"):
                first, *others = inspect.signature(function).parameters.values()
                others = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in others]
                vars(function)["__signature__"] = inspect.Signature(
                    [first.replace(default=Depends(cls)), *others]
                )
                router.add_api_route(f"/{name}", function)
        return cls

    return made


@class_based(views)
class Items:
    number: int = 3
    needed: None = Depends(of_route)

    async def rested(self, extra: int = 1) -> int:
        await rest("handler Items.rested", 0.04)
        return extra + self.number

    def paused(self) -> int:
        pause("handler Items.paused", 0.04)
        return self.number


class Controller:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    async def rested(self, _: None = Depends(of_route)) -> None:
        await rest("handler Controller.rested", self.seconds)

    def paused(self) -> None:
        pause("handler Controller.paused", self.seconds)

    def needed(self) -> None:
        pause("dependency Controller.needed", 0.02)

    def register(self, router: APIRouter) -> None:
        router.add_api_route("/controller/rested", self.rested)
        router.add_api_route("/controller/paused", self.paused, dependencies=[Depends(self.needed)])


Controller(0.04).register(views)
plain.include_router(views)

# --- streams ---------------------------------------------------------------------------------------------------------


@plain.get("/streams/async")
async def streamed(_: str = Depends(entered)) -> StreamingResponse:
    await rest("handler streamed", 0.02)

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(4):
            await rest("response", 0.02)
            yield b"part"

    return StreamingResponse(parts())


@plain.get("/streams/sync")
def streamed_in_thread() -> StreamingResponse:
    pause("handler streamed_in_thread", 0.03)

    def parts() -> Iterator[bytes]:
        for _ in range(4):
            pause("response", 0.04)
            yield b"part"

    return StreamingResponse(parts())


@plain.get("/streams/events")
async def events() -> StreamingResponse:
    await rest("handler events", 0.02)

    async def told() -> AsyncIterator[str]:
        for number in range(3):
            await rest("response", 0.03)
            yield f"id: {number}\ndata: {{}}\n\n"

    return StreamingResponse(told(), media_type="text/event-stream")


@plain.get("/streams/generator")
async def generated() -> AsyncIterator[int]:
    for number in range(3):
        await rest("response", 0.03)
        yield number


# --- middleware ------------------------------------------------------------------------------------------------------


class Pure:
    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await rest("middleware Pure", 0.02)

        async def out(message: Any) -> None:
            if message["type"] == "http.response.start" and "streams" not in scope["path"]:
                await rest("middleware Pure", 0.02)
            await send(message)

        await self.app(scope, receive, out)
        burn("middleware Pure", 0.02)


class Based(BaseHTTPMiddleware):
    async def dispatch(self, request: Any, call_next: Any) -> Any:
        await rest("middleware Based", 0.03)
        response = await call_next(request)
        if "streams" not in request.url.path:  # a stream goes on meanwhile, and both would count the time
            burn("middleware Based", 0.02)
        return response


layered = FastAPI()
layered.add_middleware(Based)
layered.add_middleware(Pure)
layered.mount("/plain", plain)
layered.mount("/app", app)


@layered.middleware("http")
async def by_decorator(request: Any, call_next: Any) -> Any:
    pause("middleware by_decorator", 0.02)
    return await call_next(request)
