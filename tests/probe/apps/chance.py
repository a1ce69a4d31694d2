# ruff: noqa: DTZ005, DTZ011, UP017  # local times are under test, in the spelling of older versions
"""An app whose every answer is another: times, ids, secrets."""

import random
import secrets
import time
import uuid
from datetime import date, datetime, timezone

from fastapi import FastAPI

app = FastAPI()


@app.get("/all")
async def everything() -> dict[str, object]:
    return {
        "now": [datetime.now(), datetime.now(timezone.utc), date.today()],
        "time": [time.time(), time.time_ns(), time.strftime("%H:%M:%S"), time.localtime()[:6]],
        "ids": [uuid.uuid4(), uuid.uuid1(), secrets.token_urlsafe(), secrets.randbelow(10**9)],
        "random": [random.random(), random.choice("abcdef"), random.gauss(0, 1), random.Random().random()],
    }


@app.get("/sync")
def everything_in_a_thread() -> dict[str, object]:
    return {"now": datetime.now(), "id": uuid.uuid4(), "random": random.random()}


@app.get("/draws/{n}")
async def draws(n: int) -> list[uuid.UUID]:
    return [uuid.uuid4() for _ in range(n)]


@app.get("/deadline")
async def deadline() -> int:
    end, readings = time.time() + 0.05, 0
    while time.time() < end:
        readings += 1
    return 1
