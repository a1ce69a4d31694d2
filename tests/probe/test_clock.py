"""Runs that are the same each time."""

from __future__ import annotations

import json

import pytest

from .runner import Runner

PATHS = ["GET /all", "GET /sync", "GET /all", "GET /draws/2"]


@pytest.mark.parametrize("client", ["sync", "async"])
def test_two_runs_are_equal(runner: Runner, client: str) -> None:
    bodies = [
        [
            each.body
            for each in runner.requests(
                "chance:app", *PATHS, client=client, seed=7, epoch=1_700_000_000
            ).exchanges
        ]
        for _ in range(2)
    ]
    assert bodies[0] == bodies[1]
    assert bodies[0][0] != bodies[0][2], "each request has its own second and its own numbers"
    other = (
        runner.requests("chance:app", *PATHS, client=client, seed=8, epoch=1_700_000_000).exchanges[1].body
    )
    assert other != bodies[0][1]


def test_without_a_seed_the_app_has_its_own(runner: Runner) -> None:
    bodies = [[each.body for each in runner.requests("chance:app", "GET /sync").exchanges] for _ in range(2)]
    assert bodies[0] != bodies[1]


def test_draws_of_one_request_do_not_shift_the_next(runner: Runner) -> None:
    few = runner.requests("chance:app", "GET /draws/1", "GET /draws/1", seed=7)
    many = runner.requests("chance:app", "GET /draws/5", "GET /draws/1", seed=7)
    assert few.exchanges[1].body == many.exchanges[1].body
    assert json.loads(few.exchanges[0].body)[0] == json.loads(many.exchanges[0].body)[0]


def test_time_within_a_request(runner: Runner) -> None:
    run = runner.requests("chance:app", "GET /all", "GET /all", seed=7, epoch=1_700_000_000)
    first, second = (json.loads(exchange.body) for exchange in run.exchanges)
    assert first["now"][0] < first["now"][1][:26]
    assert int(second["time"][0]) >= int(first["time"][0]) + 1
    assert abs(first["time"][0] - first["time"][1] / 1e9) < 1e-5
    assert run.exchanges[0].start_ns // 1_000_000_000 == int(first["time"][0])
    assert run.exchanges[0].duration_ns < 60_000_000_000


def test_no_waiting_loop_hangs(runner: Runner) -> None:
    run = runner.requests("chance:app", "GET /deadline", seed=7)
    assert run.exchanges[0].status == 200


CHECKS = """
import asyncio, datetime, logging, pickle, random, sys, time
from datetime import datetime as imported
class Own(imported): pass
assert type(imported.now()) is imported and type(Own.now()) is Own and type(Own.utcnow()) is Own
assert isinstance(Own.now(), imported) and imported.now().tzinfo is None
assert imported.now(datetime.timezone.utc).tzinfo is datetime.timezone.utc
assert datetime.date.today() == imported.now().date() and type(datetime.date.today()) is datetime.date
assert pickle.loads(pickle.dumps(imported.now())) < imported.now()
before = time.time(); time.sleep(0.02); assert abs(time.time() - before - 0.02) < 1e-6
async def sleeps():
    before = time.time(); await asyncio.sleep(0.6); return time.time() - before
assert abs(asyncio.run(sleeps()) - 0.6) < 1e-6
random.seed(3); first = random.random(); random.seed(3); assert random.random() == first
state = random.getstate(); first = random.gauss(0, 1); random.setstate(state); assert random.gauss(0, 1) == first
assert random.Random(3).random() == random.Random(3).random() and random.Random().random() != random.Random().random()
try:
    imported.now(3)
except TypeError:
    pass
else:
    raise AssertionError("a wrong time zone was taken")
handler = logging.StreamHandler(sys.stdout)
handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
logging.getLogger().addHandler(handler)
logging.warning("logged")
print(imported.now(), random.getrandbits(64))
"""


def test_the_types_stay_what_they_are(runner: Runner) -> None:
    outputs = set()
    for _ in range(2):
        run = runner.script(CHECKS, seed=1, epoch=1_700_000_000)
        assert not run.faults
        outputs.add(runner.output)
    assert len(outputs) == 1
    assert "logged" in runner.output


def test_time_machine_gets_the_clock(runner: Runner) -> None:
    runner.write("_time_machine.py", "import datetime\nfound = type(datetime.datetime.now).__name__\n")
    run = runner.script("import _time_machine; print(_time_machine.found, __import__('time').time)", seed=1)
    assert "time_machine" in run.faults[0].error
    assert "built-in function time" in runner.output
