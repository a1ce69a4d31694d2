"""The worst that can happen to a probed process: the app goes on, memory is bounded, and what is lost is counted."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from pitstop.traces.reading import read_run
from pitstop.workload.shortcomings import shortcomings
from pitstop_probe import output as output_module
from pitstop_probe.output import Output
from pitstop_probe.tally import Tally

from .driver import counted, lost
from .runner import Runner

# --- a full disk -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", [0, 3_000, 20_000])
def test_a_full_disk(runner: Runner, room: int) -> None:
    run = counted(
        runner,
        f"""
from trivial import app
from pitstop_probe.start import PROBE
PROBE.output.flush()
(trace,) = os.listdir(PROBE.config.out)
size = os.stat(os.path.join(PROBE.config.out, trace)).st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + {room}, resource.RLIM_INFINITY))

async def main():
    for n in range(300):
        assert await ask(app, "/nothing") == (404, 9)
        if n == 100:
            PROBE.output.flush()
    print("answered", PROBE.output.flush(), flush=True)
asyncio.run(main())
os._exit(0)
""",
    )
    assert "answered" in runner.output
    assert bool(run.exchanges) == (room > 0)
    assert len(run.exchanges) + lost(run) == 300
    assert [exchange.key for exchange in run.exchanges] == [
        f"replay#{n}" for n in range(1, len(run.exchanges) + 1)
    ]
    assert not run.skipped
    (dropped,) = run.dropped
    assert os.strerror(errno.EFBIG) in dropped.why
    assert [each.subject for each in shortcomings(run)] == ["trace"]


def test_room_that_comes_back(runner: Runner) -> None:
    run = counted(
        runner,
        """
from trivial import app
from pitstop_probe.start import PROBE
PROBE.output.flush()
(trace,) = os.listdir(PROBE.config.out)
size = os.stat(os.path.join(PROBE.config.out, trace)).st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 5000, resource.RLIM_INFINITY))

async def main():
    for _ in range(100):
        await ask(app, "/nothing")
    PROBE.output.flush()
    PROBE.output.flush()
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
asyncio.run(main())
""",
    )
    assert [exchange.key for exchange in run.exchanges] == [f"replay#{n}" for n in range(1, 101)]
    assert not run.dropped
    assert not run.skipped


def test_a_device_that_takes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output_module, "PENDING_BYTES", 5_000)
    monkeypatch.setattr(Output, "_run", lambda _self: None)
    (tmp_path / "out").mkdir()
    (tmp_path / "counts").mkdir()
    (tmp_path / "out" / f"{os.getpid()}.jsonl").symlink_to("/dev/full")
    tally = Tally(str(tmp_path / "counts"))
    output = Output(str(tmp_path / "out"), counts=tally)
    for _ in range(20):
        tally.numbers[0] = next(tally.begun)
        output.take(b"x" * 1000, 1000)
        output.flush()
    assert len(output.pending) == 5
    assert output.held == 5_000
    (tmp_path / "out" / f"{os.getpid()}.jsonl").unlink()
    run = read_run(tmp_path / "out", tmp_path / "counts")
    assert [(each.requests, each.why) for each in run.dropped] == [
        (20, f"the trace could not be written: {os.strerror(errno.ENOSPC)}")
    ]


def test_a_device_that_takes_nothing_from_the_start(runner: Runner) -> None:
    run = counted(
        runner,
        """
from pitstop_probe.start import PROBE
from pitstop_probe import output
from trivial import app
def full(*_):
    raise OSError(28, "full")
output.os = type("os", (), {**vars(os), "open": full})
PROBE.output._file = None
async def main():
    for _ in range(10):
        assert (await ask(app, "/nothing"))[0] == 404
asyncio.run(main())
""",
    )
    assert lost(run) == 10
    assert os.strerror(errno.ENOSPC) in run.dropped[0].why


def test_a_program_that_closes_all_descriptors(runner: Runner) -> None:
    run = counted(
        runner,
        """
from trivial import app
from pitstop_probe.start import PROBE
async def main():
    await ask(app, "/nothing")
    PROBE.output.flush()
    mine = open("mine.txt", "w")
    os.dup2(mine.fileno(), PROBE.output._file)  # closed, and the number given to a file of the app's
    await ask(app, "/nothing")
    PROBE.output.flush()
    mine.write("mine")
asyncio.run(main())
""",
    )
    assert (runner.root / "mine.txt").read_text() == "mine"
    assert len(run.exchanges) == 2
    assert len(run.processes) == 1
    assert not run.dropped


# --- more than can be written ----------------------------------------------------------------------------------------


def test_fifty_thousand_requests_as_fast_as_they_go(runner: Runner) -> None:
    run = counted(
        runner,
        """
from trivial import app
from pitstop_probe.start import PROBE
from pitstop_probe import asgi, output
asgi.PENDING_BYTES = output.PENDING_BYTES = 200_000
async def main():
    most = 0
    for _ in range(50_000):
        await ask(app)
        most = max(most, PROBE.output.held)
    print("most", most)
asyncio.run(main())
""",
        flush_ms=400,
    )
    assert len(run.exchanges) + lost(run) == 50_000
    assert run.exchanges
    assert lost(run)
    assert int(runner.output.split("most ")[1]) < 200_000 + 2_000
    (said,) = shortcomings(run)
    assert said.reason.startswith(f"{lost(run)} requests were not kept")


def test_requests_of_many_threads_are_all_counted(runner: Runner) -> None:
    run = counted(
        runner,
        """
import threading
from trivial import app
from pitstop_probe import asgi, output
asgi.PENDING_BYTES = output.PENDING_BYTES = 20_000
sys.setswitchinterval(1e-5)
async def some():
    for _ in range(500):
        await ask(app)
threads = [threading.Thread(target=lambda: asyncio.run(some())) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
""",
    )
    assert len(run.exchanges) + lost(run) == 4_000
    assert lost(run)


def test_failures_beyond_the_few_that_are_kept_are_counted(runner: Runner) -> None:
    run = counted(
        runner,
        """
from trivial import app
from pitstop_probe.encoding import Texts
def fail(*_):
    raise ZeroDivisionError("injected")
Texts.alike = fail
async def main():
    for _ in range(50):
        assert (await ask(app))[0] == 200
asyncio.run(main())
""",
    )
    assert lost(run) == 50
    assert {each.why for each in run.dropped} == {"no record could be made of them"}
    assert [fault.error for fault in run.faults][5:] == ["45 more failures of this kind"]


# --- odd requests ----------------------------------------------------------------------------------------------------


def test_paths_and_headers_of_all_kinds(runner: Runner) -> None:
    run = counted(
        runner,
        r"""
from trivial import app
async def main():
    assert (await ask(app, "/" + "p" * 60_000))[0] == 404
    assert (await ask(app, "/", headers=[(b"x-name", b"\xff\xfe\x00"), (b"X-\xe9", "\u6f22".encode())]))[0] == 200
    assert (await ask(app, "/half \udcff of a pair"))[0] == 404
asyncio.run(main())
""",
    )
    assert [len(exchange.path) for exchange in run.exchanges] == [60_001, 1, 17]
    assert run.exchanges[1].request_headers == (("x-name", "\xff\xfe\x00"), ("x-\xe9", "\xe6\xbc\xa2"))
    assert run.exchanges[2].path == "/half ? of a pair"
    assert not run.skipped
    assert not run.dropped


def test_texts_that_differ_each_time_are_not_kept(runner: Runner) -> None:
    run = counted(
        runner,
        """
from trivial import app
from pitstop_probe.start import PROBE
async def main():
    before = peak()
    for n in range(1_200):
        await ask(app, f"/{n}" + "p" * 60_000)
        if n % 100 == 0:
            PROBE.output.flush()
    print("grown", peak() - before)
asyncio.run(main())
""",
    )
    assert len(run.exchanges) == 1_200
    assert int(runner.output.split("grown ")[1]) < 60


def test_a_program_that_starts_itself_anew(runner: Runner) -> None:
    for name in ("one", "two"):
        runner.write(f"{name}.py", TABLE)
    run = counted(
        runner,
        """
import importlib
again = len(sys.argv) > 1
app = importlib.import_module("two" if again else "one").app
async def main():
    for _ in range(5):
        await ask(app)
asyncio.run(main())
if not again:
    os.execv(sys.executable, [sys.executable, sys.argv[0], "again"])
""",
        flush_ms=60_000,
    )
    assert len(run.processes) == 2
    assert not run.dropped
    places = []
    for position, exchange in enumerate(run.exchanges):
        (statement,) = [each for each in exchange.statements if each.operation == "SELECT"]
        places += runner.lines_of(run, position, statement.stack)
    assert places == [("one.py", 9)] * 5 + [("two.py", 9)] * 5


TABLE = """
    import sqlite3
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def root(request):
        connection = sqlite3.connect(":memory:")
        connection.execute("SELECT 1")
        return PlainTextResponse("1")

    app = Starlette(routes=[Route("/", root)])
"""


def test_a_worker_that_forks_while_records_are_written(runner: Runner) -> None:
    run = counted(
        runner,
        """
import threading, warnings
warnings.simplefilter("ignore")
from trivial import app
from pitstop_probe.start import PROBE
async def some(count):
    for _ in range(count):
        await ask(app)
on = True
def busily():
    while on:
        PROBE.output.flush()
flusher = threading.Thread(target=busily)
flusher.start()
children = []
for _ in range(10):
    asyncio.run(some(50))
    child = os.fork()
    if not child:
        asyncio.run(some(20))
        os._exit(0)
    children.append(child)
for child in children:
    assert os.waitpid(child, 0)[1] == 0
on = False
flusher.join()
""",
    )
    assert len(run.exchanges) == 10 * 50 + 10 * 20
    assert not run.dropped
    assert not run.skipped
