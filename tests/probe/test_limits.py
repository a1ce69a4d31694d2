"""More than one request can hold: bodies, statements, rows, stacks. Memory is bounded, and what is left out is counted."""

from __future__ import annotations

import hashlib
from base64 import b64decode

import pytest

from pitstop.traces.flame import flame_graphs
from pitstop.traces.store import Traces
from pitstop.traces.summary import summarise
from pitstop.traces.waterfall import slowest
from pitstop.workload.recorded import from_run
from pitstop.workload.shortcomings import shortcomings

from .driver import DRIVER, counted
from .runner import Runner

# --- more than one request can hold ----------------------------------------------------------------------------------

MANY = """
    import sqlite3
    from sqlalchemy import column, create_engine, insert, table, text
    from sqlalchemy.pool import StaticPool
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE items (number INTEGER, value BLOB)"))
    items = table("items", column("number"), column("value"))

    async def selects(request):
        with engine.connect() as connection:
            for _ in range(int(request.path_params["times"])):
                connection.exec_driver_sql("SELECT 1").close()
        return PlainTextResponse("1")

    async def inserts(request):
        with engine.connect() as connection:
            for number in range(int(request.path_params["times"])):
                connection.execute(items.insert().values(number=number))
                connection.commit()
        return PlainTextResponse("1")

    async def rows(request):
        with engine.begin() as connection:
            connection.execute(insert(items), [{"number": n} for n in range(int(request.path_params["times"]))])
        return PlainTextResponse("1")

    async def blobs(request):
        with engine.connect() as connection:
            for number in range(int(request.path_params["times"])):
                connection.execute(text("SELECT length(:value)"), {"value": bytes([number % 250]) * 1_000_000})
        return PlainTextResponse("1")

    async def texts(request):
        with engine.connect() as connection:
            for number in range(int(request.path_params["times"])):
                connection.exec_driver_sql(f"SELECT {number} AS {'x' * 500_000}")
        return PlainTextResponse("1")

    async def driver(request):
        connection = sqlite3.connect(":memory:")
        for _ in range(int(request.path_params["times"])):
            connection.execute("SELECT 1")
        return PlainTextResponse("1")

    ways = (selects, inserts, rows, blobs, texts, driver)
    app = Starlette(routes=[Route(f"/{way.__name__}/{{times}}", way) for way in ways])
"""


def test_a_hundred_thousand_statements_in_one_request(runner: Runner) -> None:
    runner.write("many.py", MANY)
    run = counted(
        runner,
        """
from many import app
from pitstop_probe.start import PROBE
async def main():
    before = peak()
    await ask(app, "/selects/100050")
    PROBE.output.flush()
    print("grown", peak() - before)
asyncio.run(main())
""",
        phases=True,
    )
    assert int(runner.output.split("grown ")[1]) < 200
    (exchange,) = run.exchanges
    assert len(exchange.statements) == 100_000
    assert sum(each.statements for each in run.dropped) == 51  # a ROLLBACK ends them
    (said,) = shortcomings(run)
    assert said.reason.startswith("51 statements were not kept: more than one request can hold")
    with Traces.load(run) as traces:
        (route,) = summarise(traces)
        assert route.statements == 100_000
        (waterfall,) = slowest(traces)
        assert len(waterfall.steps) <= 40
        assert sum(step.times for step in waterfall.steps if step.kind == "database") > 50_000
        assert len(flame_graphs(traces)) < 10_000


@pytest.mark.parametrize(
    ("way", "limits", "kept", "statements", "others"),
    [
        ("driver/60", "request.MOST_STATEMENTS = 50", 50, 10, 0),
        ("inserts/60", "request.MOST_STATEMENTS = 50", 50, 71, 35),
        ("rows/60", "changes.MOST_CHANGES = 50", 3, 0, 10),
        ("texts/50", "", 33, 18, 0),
    ],
)
def test_what_is_too_much_for_a_request_is_counted(
    runner: Runner, way: str, limits: str, kept: int, statements: int, others: int
) -> None:
    runner.write("many.py", MANY)
    run = counted(
        runner,
        f"""
from pitstop_probe import changes, request
{limits}
from many import app
assert asyncio.run(ask(app, "/{way}"))[0] == 200
""",
    )
    assert [len(exchange.statements) for exchange in run.exchanges] == [kept]
    assert sum(each.statements for each in run.dropped) == statements
    assert sum(each.others for each in run.dropped) == others
    assert not run.faults


def test_more_stacks_than_can_be_told_apart(runner: Runner) -> None:
    runner.write("deep.py", DEEP)
    run = counted(
        runner,
        """
from pitstop_probe import stacks
stacks.MOST_STACKS = 5
from deep import app
assert asyncio.run(ask(app, "/"))[0] == 200
""",
    )
    ((_, exchange),) = enumerate(run.exchanges)
    known = [len(run.frames(0, each.stack)) for each in exchange.statements]
    assert known == [1, 2, 3, 4, 5, 0, 0, 0]
    assert [(each.others, each.why) for each in run.dropped] == [
        (3, "more places in the code were seen than can be told apart")
    ]


DEEP = """
    import sqlite3
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    connection = sqlite3.connect(":memory:")

    def deeper(depth):
        if depth:
            return deeper(depth - 1)
        connection.execute("SELECT 1")

    async def root(request):
        connection.execute("SELECT 1")
        for depth in range(7):
            deeper(depth)
        return PlainTextResponse("1")

    app = Starlette(routes=[Route("/", root)])
"""


def test_rows_from_an_iterator_are_the_drivers_alone(runner: Runner) -> None:
    runner.write("rows.py", ROWS)
    run = counted(runner, "from rows import app\nassert asyncio.run(ask(app, '/'))[0] == 200\n")
    assert len(run.exchanges[0].statements) == 82
    assert run.exchanges[0].body == b"4950"
    assert len({each.params for each in run.exchanges[0].statements[1:81]}) == 80
    assert not run.faults


ROWS = """
    import sqlite3
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def root(request):
        connection = sqlite3.connect(":memory:")
        connection.execute("CREATE TABLE items (number INTEGER)")
        for number in range(79):
            connection.execute("SELECT ?", (number,))
        connection.executemany("INSERT INTO items VALUES (?)", ((number,) for number in range(100)))
        return PlainTextResponse(str(connection.execute("SELECT sum(number) FROM items").fetchone()[0]))

    app = Starlette(routes=[Route("/", root)])
"""


def test_parameters_are_not_held_until_a_request_ends(runner: Runner) -> None:
    runner.write("many.py", MANY)
    run = counted(
        runner,
        """
from many import app
async def main():
    await ask(app, "/blobs/1")
    before = peak()
    await ask(app, "/blobs/150")
    print("grown", peak() - before)
asyncio.run(main())
""",
    )
    assert int(runner.output.split("grown ")[1]) < 80
    hashes = [each.params for each in run.exchanges[1].statements if each.operation == "SELECT"]
    assert len(hashes) == 150
    assert len(set(hashes)) == 150


# --- bodies ----------------------------------------------------------------------------------------------------------

LARGE = """
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

chunk = bytes(1_000_000)

async def streamed(request):
    async def parts():
        for _ in range(int(request.path_params["parts"])):
            yield chunk
    return StreamingResponse(parts())

async def whole(request):
    return Response(bytes(300_000_000))

async def taken(request):
    size = 0
    async for part in request.stream():
        size += len(part)
    return Response(str(size))

app = Starlette(routes=[
    Route("/streamed/{parts}", streamed), Route("/whole", whole), Route("/taken", taken, methods=["POST"])
])
"""


@pytest.mark.parametrize(
    ("asked", "size", "times"),
    [
        ('"/streamed/1000"', 1_000_000_000, 1),
        ('"/whole"', 300_000_000, 2),
        ('"/taken", "POST", (bytes(1_000_000) for _ in range(100))', 9, 2),
    ],
)
def test_bodies_of_any_size_take_little_memory(runner: Runner, asked: str, size: int, times: int) -> None:
    runner.write("large.py", LARGE)
    script = f"""
from large import app
async def main():
    for _ in range({times}):
        assert await ask(app, {asked}) == (200, {size})
    print("peak", peak())
asyncio.run(main())
"""
    run = counted(runner, script)
    probed = int(runner.output.split("peak ")[1])
    assert len(run.exchanges) == times
    assert not run.dropped
    zeros = hashlib.sha256()
    for _ in range(100):
        zeros.update(bytes(max(size, 100_000_000) // 100))
    for exchange in run.exchanges:
        assert exchange.response_bytes == size
        if size > 9:
            assert exchange.body.decode() == f"sha256:{zeros.hexdigest()}"
        else:
            assert exchange.request_body.content.decode() == f"sha256:{zeros.hexdigest()}"
            assert exchange.request_bytes == 100_000_000
    runner.variables["PITSTOP_PROBE"] = ""
    runner.out.mkdir(exist_ok=True)
    runner.script(DRIVER + script)
    assert probed - int(runner.output.split("peak ")[1]) < 64


def test_a_large_body_is_not_sent_again_as_its_hash(runner: Runner) -> None:
    runner.write("large.py", LARGE)
    run = counted(
        runner,
        """
from large import app
async def main():
    await ask(app, "/taken", "POST", (bytes(1_000_000) for _ in range(9)))
    await ask(app, "/taken", "POST", [b"small"])
asyncio.run(main())
""",
    )
    requests, (skipped,) = from_run(run)
    assert [b64decode(request.body) for request in requests] == [b"small"]
    assert skipped.reason == "its body of 9000000 bytes is too large to be kept"


def test_very_many_tests_are_not_all_remembered(runner: Runner) -> None:
    run = counted(
        runner,
        """
        from pitstop_probe.start import PROBE
        from trivial import app

        async def main():
            await ask(app)
            for number in range(4000):
                PROBE.begin_test(f"test_{number}")
            await ask(app)
            PROBE.begin_test("test_0")
            await ask(app)
            PROBE.begin_test("")
            await ask(app)
            print(len(PROBE._series))

        asyncio.run(main())
        """.replace("\n        ", "\n"),
    )
    assert [each.key for each in run.exchanges] == ["replay#1", "test_3999#1", "test_0#1", "replay#2"]
    assert int(runner.output) <= 3000
