"""`thread-lock-across-await`: locks that coroutines alone take, and those that somebody else may."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.data import Declined

from .trees import patched, proposals, write

NAME = "thread-lock-across-await"
MAIN = """\
import asyncio
import threading

from fastapi import FastAPI

app = FastAPI()
{made}


@app.post("/book")
async def book() -> str:
    {taken}:
        await asyncio.sleep(0.1)
    return "booked"
"""
STORE = """\
import asyncio
from threading import Lock

from fastapi import FastAPI

app = FastAPI()


class Store:
    def __init__(self) -> None:
        self._lock = Lock()

    async def put(self) -> None:
        with self._lock:
            await asyncio.sleep(0.1)

    async def take(self) -> None:
        # one at a time
        with self._lock:
            await asyncio.sleep(0.1)


store = Store()


@app.post("/book")
async def book() -> None:
    await store.put()
    await store.take()
"""


def main(made: str = "lock = threading.Lock()", taken: str = "with lock", more: str = "") -> dict[str, str]:
    return {"main.py": MAIN.replace("{made}", made).replace("{taken}", taken) + more}


def reasons(root: Path) -> set[str]:
    """Why no finding got a patch."""
    given = proposals(root, NAME)
    assert given
    assert all(isinstance(each, Declined) for each in given)
    return {each.reason for each in given if isinstance(each, Declined)}


def test_a_semaphore_of_the_module(tmp_path: Path) -> None:
    root = write(tmp_path, main("lock = threading.Semaphore(2)  # two"))
    patched(root, NAME)
    wanted = main("lock = asyncio.Semaphore(2)  # two", "async with lock")["main.py"]
    assert (root / "main.py").read_text("utf-8") == wanted.replace("import threading\n", "")


def test_a_lock_of_an_object_that_several_methods_take(tmp_path: Path) -> None:
    given = proposals(write(tmp_path, {"main.py": STORE}), NAME)
    wanted = STORE.replace("with self", "async with self").replace(" Lock()", " asyncio.Lock()")
    wanted = wanted.replace("from threading import Lock\n", "")
    # Each method is a finding; the repair of one mends both.
    assert [change.after for each in given for change in getattr(each, "changes", ())] == [wanted, wanted]


PLAIN = "\n\ndef later() -> None:\n    with lock:\n        pass\n"
OTHER = "from main import lock\n\n\ndef later() -> None:\n    with lock:\n        pass\n"


@pytest.mark.parametrize(
    ("files", "because"),
    [
        (main(more=PLAIN), "takes the lock in a plain function: threads may need it"),
        (main() | {"other.py": OTHER}, "other.py may take the lock too"),
        (main() | {"other.py": "import main\n\nmain.lock.acquire()\n"}, "other.py may take the lock too"),
        (main(taken="with threading.Lock()"), "the lock is made, or handed over, where it is taken"),
        (main("lock = threading.RLock()"), "of a kind that asyncio has no twin of"),
        (main("lock: threading.Lock = threading.Lock()"), "not one plain assignment"),
        (main(taken="with lock, open('x')"), "opens more than the lock, or names it"),
        (main(more="\n\nlock.acquire(False)\n"), "does something else with the lock than `with`"),
        (
            main("import multiprocessing\nlock = multiprocessing.Lock()"),
            "is not one of `threading`: processes may share it",
        ),
        (
            main() | {"pyproject.toml": '[project]\nrequires-python = ">=3.9"\n'},
            "before Python 3.10 a lock of asyncio belongs to the event loop",
        ),
        (
            {
                "main.py": STORE
                + "\n\nclass Shop(Store):\n    def stop(self) -> None:\n        self._lock.acquire()\n"
            },
            "`stop` may take the lock too",
        ),
        (
            {"main.py": STORE + "\n\ndef stop(other) -> None:\n    other._lock.acquire()\n"},
            "`stop` may take the lock too",
        ),
    ],
)
def test_locks_that_others_may_take_are_left(files: dict[str, str], because: str, tmp_path: Path) -> None:
    told = reasons(write(tmp_path, files))
    assert all(because in each for each in told), told
