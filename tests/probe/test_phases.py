"""Phases of requests whose parts are known to take so and so long."""

from __future__ import annotations

import json
from collections import defaultdict
from statistics import median

import pytest

from pitstop.traces.phases import phases_of, untold
from pitstop.traces.records import Run

from .runner import Runner

DRIVE = """
import asyncio
import json
import httpx
from phased import TRUTH, {app} as app

def say():
    print(json.dumps(TRUTH), flush=True)
    TRUTH.clear()

async def main():
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        {warm}
        say()
        {requests}

asyncio.run(main())
"""


def drive(runner: Runner, method: str, path: str, app: str = "app") -> Run:
    """The run of a request to the app, three times after one that pays for what is imported and started when first used."""
    sent = f"await client.request({method!r}, {path!r}, json={{'amount': 1}})"
    again = "\n        ".join([sent, "say()"] * 3)
    run = runner.script(DRIVE.format(app=app, warm=sent, requests=again), phases=True)
    assert not run.faults
    assert not run.skipped
    return run


def shares(run: Run, position: int = -1) -> dict[str, float]:
    """Milliseconds of each phase's own, by what it is called."""
    found: dict[str, float] = defaultdict(float)
    for phase in phases_of(run, position % len(run.exchanges)):
        found[phase.name] += phase.own_ns / 1e6
    return dict(found)


def is_so(runner: Runner, run: Run, expected: set[str]) -> None:
    """Each phase took what the app says within 5 % of the whole, and nothing else took more than that.

    The middle one of three requests counts, for the machine may be busy with something else.
    """
    truths = [json.loads(line) for line in runner.output.splitlines() if line.startswith("{")]
    assert [set(truth) for truth in truths] == [expected] * 4
    errors: dict[str, list[float]] = defaultdict(list)
    for position, truth in list(enumerate(truths))[1:]:
        found, whole = shares(run, position), sum(truth.values())
        for name in {*expected, *found}:
            errors[name].append((found.get(name, 0) - truth.get(name, 0)) / whole)
    for name, wrong in errors.items():
        assert median([*wrong, *[0.0] * (3 - len(wrong))]) == pytest.approx(0, abs=0.05), (name, wrong)


def test_each_phase_has_its_own_time(runner: Runner) -> None:
    run = drive(runner, "POST", "/nested/deeper/orders/3")
    names = ("in_thread", "needed", "needing", "entered", "entered_in_thread", "Called")
    expected = {"validation", "handler order", "serialisation", "background later"}
    is_so(runner, run, expected | {f"dependency {name}" for name in names})
    places = {phase.place.name: phase.place for phase in phases_of(run, 1) if phase.place is not None}
    assert places["in_thread"].path == "phased.py"
    assert places["in_thread"].line == runner.line("phased.py", "in_thread")


def test_middleware_have_what_they_do_before_behind_and_to_the_answer(runner: Runner) -> None:
    run = drive(runner, "GET", "/layered", app="layered")
    is_so(runner, run, {"middleware Pure", "middleware Based", "middleware by_decorator", "handler within"})
    places = {phase.place.name: phase.place for phase in phases_of(run, 1) if phase.place is not None}
    assert {place.path for place in places.values()} == {"phased.py"}


def test_an_app_that_is_mounted_has_its_own_middleware(runner: Runner) -> None:
    run = drive(runner, "GET", "/below/layered", app="outer")
    names = {"Outer", "Pure", "Based", "by_decorator"}
    is_so(runner, run, {"handler within", *(f"middleware {name}" for name in names)})
    assert {
        phase.place.name if phase.place else "" for phase in phases_of(run, 1) if phase.kind == "middleware"
    } == names


def test_a_plain_handler_and_its_parameters(runner: Runner) -> None:
    is_so(runner, drive(runner, "GET", "/plain?x=1"), {"validation", "handler plain"})


def test_a_collection_is_nobodys_fault(runner: Runner) -> None:
    run = drive(runner, "GET", "/collecting")
    for position in range(1, len(run.exchanges)):
        found = shares(run, position)
        truth = json.loads([line for line in runner.output.splitlines() if line.startswith("{")][position])
        assert found["garbage collection"] >= 0.9 * truth["garbage collection"]
        assert found["handler collecting"] >= 0.9 * truth["handler collecting"]


def test_a_stream_belongs_to_the_answer(runner: Runner) -> None:
    is_so(runner, drive(runner, "GET", "/stream"), {"handler stream", "response"})


def test_a_handler_that_raises_has_its_time(runner: Runner) -> None:
    is_so(runner, drive(runner, "GET", "/raising"), {"dependency needed", "handler raising"})


def test_all_the_time_of_a_request_belongs_to_one_phase(runner: Runner) -> None:
    run = drive(runner, "GET", "/layered", app="layered")
    for position, exchange in enumerate(run.exchanges):
        total = sum(phase.own_ns for phase in phases_of(run, position))
        assert total >= exchange.duration_ns
        assert total == pytest.approx(exchange.duration_ns, rel=0.1)


def test_without_the_order_there_are_none(runner: Runner) -> None:
    run = runner.requests("phased:app", "GET /many")
    assert run.exchanges[0].moments == ()
    assert phases_of(run, 0) == ()
    assert not run.places


def test_too_many_moments_are_no_phases(runner: Runner) -> None:
    runner.write(
        "much.py",
        """
        import asyncio
        from fastapi import FastAPI
        from starlette.concurrency import run_in_threadpool

        app = FastAPI()

        @app.get("/x")
        async def handler(n: int):
            for _ in range(n):
                await run_in_threadpool(len, [])
            return n
        """,
    )
    run = runner.requests("much:app", "GET /x?n=2000", "GET /x?n=20", phases=True)
    assert phases_of(run, 0) == ()
    assert untold(run) == 1
    assert len(run.exchanges[0].moments) < 50_000
    assert any(phase.kind == "thread wait" for phase in phases_of(run, 1))


def test_a_request_that_sends_its_own_app_many_keeps_few_moments(runner: Runner) -> None:
    runner.write(
        "batch.py",
        """
        import httpx
        from fastapi import Depends, FastAPI
        from pitstop_probe.request import current

        app = FastAPI()

        def needed():
            return 1

        @app.get("/one")
        async def one(a: int = 1, needed: int = Depends(needed)):
            return a

        @app.get("/batch")
        async def batch(n: int):
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
                for _ in range(n):
                    await client.get("/one")
            return len(current().moments)
        """,
    )
    run = runner.requests("batch:app", "GET /batch?n=700", "GET /batch?n=5", phases=True)
    many, few = (int(exchange.body) for exchange in run.exchanges)
    assert 4000 < many < 4200
    assert phases_of(run, 0) == ()
    assert untold(run) == 1
    assert 0 < few < 300
    assert phases_of(run, 1)


def test_the_app_sees_its_own_middleware(runner: Runner) -> None:
    runner.write(
        "looked.py",
        """
        from fastapi import FastAPI
        from fastapi.responses import JSONResponse

        class Outer:
            def __init__(self, app, label):
                self.app, self.label = app, label
            async def __call__(self, scope, receive, send):
                await self.app(scope, receive, send)

        app = FastAPI()
        app.add_middleware(Outer, label="inner")
        app.add_middleware(Outer, label="outer")

        @app.get("/x")
        async def handler():
            return [m.kwargs["label"] for m in app.user_middleware] + [m.cls.__name__ for m in app.user_middleware] + [
                app.middleware_stack.app.label if hasattr(app.middleware_stack.app, "label") else "",
            ]
        """,
    )
    with_phases = runner.requests("looked:app", "GET /x", phases=True).exchanges[0].body
    assert b'["outer","inner","Outer","Outer"' in with_phases
    assert with_phases == runner.requests("looked:app", "GET /x").exchanges[0].body
