"""Stacks of statements, where what stands around an endpoint is looked at once."""

from __future__ import annotations

from .runner import Runner

APP = """
import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool



class Twice(APIRoute):
    def get_route_handler(self):
        handler = super().get_route_handler()

        async def twice(request):
            await handler(request)  # first
            return await handler(request)  # second

        return twice


app = FastAPI()
app.router.route_class = Twice
engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})


def one():
    with engine.connect() as connection:
        return connection.execute(text("SELECT 1")).scalar()


@app.middleware("http")
async def around(request, call_next):
    one()
    return await call_next(request)


class Outer:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


app.add_middleware(Outer)


@app.get("/inner")
async def inner():
    one()
    return one()


async def ask():
    transport = httpx.ASGITransport(served)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        await client.get("/inner")


@app.get("/outer")
async def outer():
    one()
    await ask()
    one()
    await ask()
    for _ in range(2):
        one()


plain = FastAPI()
plain.router.route_class = Twice
plain.add_middleware(Outer)
plain.get("/inner")(inner)
plain.get("/outer")(outer)
"""


def test_stacks_are_the_same_whether_or_not_they_are_looked_at_once(runner: Runner) -> None:
    runner.write("both.py", APP)
    for served in ("app", "plain"):
        script = f"""
import asyncio, httpx, both
both.served = both.{served}
async def main():
    transport = httpx.ASGITransport(both.served)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        for path in ("/outer", "/inner", "/outer"):
            assert (await client.get(path)).status_code == 200
asyncio.run(main())
"""
        seen = []
        for phases in (True, False):
            run = runner.script(script, phases=phases)
            assert not run.faults
            seen.append(
                [
                    [
                        (each.operation, runner.lines_of(run, position, each.stack))
                        for each in exchange.statements
                    ]
                    for position, exchange in enumerate(run.exchanges)
                ]
            )
        once, each_time = seen
        assert once == each_time
    told = {place for _, lines in once[0] for place in lines}
    assert {("both.py", runner.line("both.py", mark)) for mark in ("first", "second")} <= told
