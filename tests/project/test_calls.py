"""Who calls whom, on the loop or in a thread, and what is reached from a request."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.project import Project
from pitstop.project.traits import is_memoised

from .trees import function, service

HEAD = """
import asyncio, functools, time
from abc import ABC, abstractmethod
from threading import Thread
from fastapi import BackgroundTasks, Depends, FastAPI
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.ext.asyncio import AsyncSession
app = FastAPI()
def work(): time.sleep(1)
"""


def context(project: Project, name: str) -> set[str]:
    """Where a function runs within requests."""
    qualname = function(project, name).qualname
    return {where for found, where in project.calls.reached if found == qualname}


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ("async def handler(): work()", {"loop"}),
        ("def handler(): work()", {"thread"}),
        ("async def handler(): await asyncio.to_thread(work)", {"thread"}),
        ("async def handler(): await run_in_threadpool(work)", {"thread"}),
        ("async def handler(): await run_in_threadpool(functools.partial(work, 1))", {"thread"}),
        (
            "async def handler():\n    loop = asyncio.get_running_loop()\n    await loop.run_in_executor(None, work)",
            {"thread"},
        ),
        ("async def handler(session: AsyncSession): await session.run_sync(work)", {"loop"}),
        ("async def handler(tasks: BackgroundTasks): tasks.add_task(work)", set()),
        ("async def handler(queue): queue.enqueue(work)", set()),
        ("async def handler(jobs): await jobs.submit_job(job_fn=work)", set()),
        ("async def handler(x=Depends(work)): ...", {"thread"}),
        ("async def handler(): await later()\nasync def later(): work()", {"loop"}),
        ("def handler(): asyncio.run(later())\nasync def later(): work()", {"thread"}),
        (
            "def handler(): asyncio.run(later())\nasync def later(): await more()\nasync def more(): work()",
            {"thread"},
        ),
        (
            "def handler(loop): asyncio.run_coroutine_threadsafe(later(), loop)\nasync def later(): work()",
            {"loop"},
        ),
        ("async def handler(): return [call(work)]\ndef call(f): return f()", {"loop"}),
        (
            "async def handler(): return Thing().value\nclass Thing:\n    @property\n    def value(self): return work()",
            {"loop"},
        ),
        ("async def handler(): Thing()\nclass Thing:\n    def __init__(self): work()", {"loop"}),
        ("async def handler(): Thing()()\nclass Thing:\n    def __call__(self): work()", {"loop"}),
        ("async def handler():\n    def inner(): work()\n    inner()", {"loop"}),
        ("async def handler(): ...\ndef nobody(): work()", set()),
        ("async def handler():\n    raise ValueError\n    work()", set()),
        ("async def handler():\n    if app:\n        return 1\n        work()\n    return 2", set()),
        ("async def handler():\n    if app:\n        return 1\n    work()", {"loop"}),
        (
            "async def handler(): started()\ndef own(f):\n    def wrap(*a):\n        Thread(target=f, args=a).start()\n    return wrap\n@own\ndef started(): work()",
            set(),
        ),
        (
            "async def handler(): started()\ndef own(f):\n    def wrap(*a):\n        Thread(target=print).start()\n        return f(*a)\n    return wrap\n@own\ndef started(): work()",
            {"loop"},
        ),
    ],
)
def test_where_work_runs(tmp_path: Path, handler: str, expected: set[str]) -> None:
    assert (
        context(service(tmp_path, {"app.py": f"{HEAD}\n@app.get('/')\n{handler}\n"}), "app.work") == expected
    )


@pytest.mark.parametrize(
    "body", ["...", "raise NotImplementedError", "raise NotImplementedError()", '"""Only said."""', "pass"]
)
def test_an_abstract_method_leads_to_what_fills_it_in(tmp_path: Path, body: str) -> None:
    mark = "@abstractmethod\n    " if body == "pass" else ""
    text = f"""{HEAD}
class Store(ABC):
    {mark}def put(self): {body}
class Disk(Store):
    def put(self): work()
class Cloud(Store):
    def put(self): return 1
def store() -> Store: ...
@app.get("/")
async def handler(): store().put()
"""
    project = service(tmp_path, {"app.py": text})
    edges = [e for e in project.calls.edges(function(project, "handler")) if e.target.name == "put"]
    assert {e.target.qualname for e in edges} == {"app.Disk.put", "app.Cloud.put"}
    assert all(edge.choice for edge in edges)


def test_what_only_an_error_handler_calls_is_not_on_the_way_of_a_request(tmp_path: Path) -> None:
    text = HEAD + "\n@app.exception_handler(ValueError)\nasync def answer(request, error): work()\n"
    assert context(service(tmp_path, {"app.py": text}), "app.work") == set()


def test_start_up_is_not_on_the_way_of_a_request(tmp_path: Path) -> None:
    text = (
        HEAD
        + "\n@app.on_event('startup')\nasync def start(): work()\nasync def lifespan(app):\n    work()\n    yield\n"
    )
    assert context(service(tmp_path, {"app.py": text}), "app.work") == set()


def test_the_way_told_is_the_one_without_an_error(tmp_path: Path) -> None:
    text = HEAD + """
@app.get("/")
async def handler():
    try:
        plain()
    except ValueError:
        work()
def plain(): more()
def more(): work()
"""  # fmt: skip
    project = service(tmp_path, {"app.py": text})
    reach = project.calls.reach(function(project, "app.work"))
    assert reach is not None
    assert [step.function.name for step in reach.path] == ["handler", "plain", "more"]


def test_calls_in_a_circle_end(tmp_path: Path) -> None:
    text = (
        HEAD
        + "\n@app.get('/')\nasync def handler(): a()\ndef a(): b()\ndef b():\n    a()\n    b()\n    work()\n"
    )
    project = service(tmp_path, {"app.py": text})
    assert context(project, "app.work") == {"loop"}
    assert project.blocking.below(function(project, "app.a")) is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@functools.lru_cache\ndef f(): ...", True),
        ("@functools.cache\ndef f(): ...", True),
        ("@cached(cache={})\ndef f(): ...", True),
        ("def f():\n    global value\n    value = 1", True),
        ("def f(self):\n    if self._x is None:\n        self._x = load()\n    return self._x", True),
        ("def f(self):\n    if not self._x:\n        self._x = load()\n    return self._x", True),
        ("def f(self, key):\n    self._cache[key] = load(key)\n    return self._cache[key]", True),
        (
            "def f(self):\n    if self.flag is None:\n        self.other = load()\n    return self.other",
            False,
        ),
        ("def f(key):\n    items[key] = load(key)", False),
        ("def f(request):\n    if not request.app.state.x:\n        request.app.state.x = load()", True),
        ("def f(order):\n    if not order.tags:\n        order.tags = []\n    return load(order)", False),
        ("def f():\n    if not hasattr(f, '_x'):\n        f._x = load()\n    return f._x", True),
        ("def f(self):\n    if not hasattr(self.file, 'x'):\n        self.file.x = load()", False),
        ("def f():\n    if not hasattr(f, '_x'):\n        f._y = load()\n    return f._y", False),
        (
            "def f():\n    if made._x is not None: return made._x\n    made._x = load()\n    return made._x",
            True,
        ),
        (
            "def f(key):\n    if key in made: return made[key]\n    made[key] = load(key)\n    return made[key]",
            True,
        ),
        ("def f(key):\n    if key in made: return 1\n    return load(key)", False),
        ("def f(self):\n    if self.row: return self.row\n    self.row = load()\n    return self.row", False),
        ("def f(): return load()", False),
    ],
)
def test_what_remembers_its_result(tmp_path: Path, text: str, expected: bool) -> None:
    project = service(tmp_path, {"app.py": f"import functools\n{text}\n"})
    assert is_memoised(function(project, "f")) is expected


@pytest.mark.parametrize(
    ("call", "is_blocking"),
    [
        ("time.sleep(1)", True), ("time.sleep(delay)", True), ("time.sleep(0)", False), ("time.sleep(0.001)", False),
        ("requests.get('x')", True), ("requests.Session().get('x')", True), ("httpx.Client().post('x')", True),
        ("await httpx.AsyncClient().get('x')", False), ("subprocess.run(['x'])", True), ("bcrypt.hashpw(a, b)", True),
        ("Path('x').read_text()", True), ("open('x')", True), ("session.execute(select(1))", True),
        ("hashlib.pbkdf2_hmac('sha256', a, b, 600_000)", True), ("hashlib.pbkdf2_hmac('sha256', a, b, ROUNDS)", True),
        ("hashlib.pbkdf2_hmac('sha256', a, b, iterations=1000)", False),
        ("lambda: time.sleep(1)", False), ("mine.sleep(1)", False), ("sleep(1)", True),
    ],
)  # fmt: skip
def test_what_blocks(tmp_path: Path, call: str, is_blocking: bool) -> None:
    text = f"""
import bcrypt, hashlib, httpx, requests, subprocess, time, mine
from time import sleep
from pathlib import Path
from sqlalchemy import select
from sqlalchemy.orm import Session
async def f(session: Session, delay: float):
    {call}
"""
    project = service(tmp_path, {"app.py": text})
    assert bool(project.blocking.direct(function(project, "f"))) is is_blocking


def test_a_server_is_told_before_a_file(tmp_path: Path) -> None:
    text = "import requests\ndef f():\n    open('x')\n    g()\ndef g(): h()\ndef h(): requests.get('x')\n"
    project = service(tmp_path, {"app.py": text})
    below = project.blocking.below(function(project, "app.f"))
    assert below is not None
    assert below[1].category == "http"


SITES = """
async def f(items):
    if a(): b()
    try:
        c()
    except ValueError:
        d()
    else:
        e()
    for item in g():
        h()
        while i():
            j()
    k() if l() else m()
    n() and o()
    with p():
        q()
    return [r(s()) for x in t() if u()], (lambda: v()), await w()
"""


def test_sites_know_what_is_around_them(tmp_path: Path) -> None:
    project = service(tmp_path, {"app.py": SITES})
    info = function(project, "f")
    sites = {getattr(s.node.func, "id", ""): s for s in info.calls if hasattr(s.node, "func")}
    assert {n for n, s in sites.items() if s.conditional} == set("bkmo")
    assert {n for n, s in sites.items() if s.rescue} == set("d")
    assert {n: len(s.loops) for n, s in sites.items() if s.loops} == {
        "h": 1, "i": 2, "j": 2, "r": 1, "s": 1, "u": 1,
    }  # fmt: skip
    assert {n for n, s in sites.items() if s.in_lambda} == set("v")
    assert {n for n, s in sites.items() if s.awaited} == set("w")
    assert {n for n, s in sites.items() if s.withs} == set("q")
    assert {n for n, s in sites.items() if s.guards} == set("b")


def test_what_a_workflow_engine_is_handed_runs_elsewhere(tmp_path: Path) -> None:
    text = (
        HEAD
        + "from temporalio import workflow\n@app.post('/')\nasync def handler(): await workflow.execute_activity(work)\n"
    )
    assert context(service(tmp_path, {"app.py": text}), "app.work") == set()


def test_what_stands_for_the_type_checker_says_what_a_name_is(tmp_path: Path) -> None:
    text = f"""{HEAD}
from typing import TYPE_CHECKING
class Real:
    def act(self): work()
class Proxy:
    def __getattr__(self, name): ...
if TYPE_CHECKING:
    held: Real
else:
    held = Proxy()
@app.get("/")
async def handler(): held.act()
"""
    assert context(service(tmp_path, {"app.py": text}), "app.work") == {"loop"}


def test_a_generator_stays_one_by_a_yield_that_never_runs(tmp_path: Path) -> None:
    text = f"{HEAD}\ndef rows():\n    raise NotImplementedError\n    yield\ndef none():\n    return 1\n    print()\n"
    project = service(tmp_path, {"app.py": text})
    assert function(project, "rows").yields
    assert not function(project, "none").calls


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", ["used.Used.run"]),
        ("import importlib\nimportlib.import_module('unused')\n", ["unused.Unused.run", "used.Used.run"]),
        ("def late():\n    from unused import Unused\n", ["unused.Unused.run", "used.Used.run"]),
    ],
    ids=["nothing imports it", "by a name", "within a function"],
)
def test_an_implementation_that_nothing_imports_is_chosen_by_nobody(
    tmp_path: Path, more: str, expected: list[str]
) -> None:
    files = {
        "base.py": "import abc\nclass Base(abc.ABC):\n    @abc.abstractmethod\n    def run(self): ...\n",
        "used.py": "from base import Base\nclass Used(Base):\n    def run(self): return 1\n",
        "unused.py": "from base import Base\nclass Unused(Base):\n    def run(self): return 2\n",
        "main.py": f"from base import Base\nfrom used import Used\n{more}\ndef start(one: Base): one.run()\n",
        "tests/test_unused.py": "from unused import Unused\n",
    }
    project = service(tmp_path, files)
    start = function(project, "start")
    assert sorted(edge.target.qualname for edge in project.calls.edges(start)) == expected


@pytest.mark.parametrize(
    ("sql", "reads"), [("SELECT 1", True), ("insert into a returning id", False), ("SQL", True)]
)
def test_what_a_driver_fetches_from_a_writing_statement_is_no_read(
    tmp_path: Path, sql: str, reads: bool
) -> None:
    given = sql if sql == "SQL" else repr(sql)
    text = f"import asyncpg\nSQL = read()\nasync def f(db: asyncpg.Connection): await db.fetchrow({given})\n"
    project = service(tmp_path, {"main.py": text})
    assert bool(project.queries.reads(function(project, "f"))) is reads


@pytest.mark.parametrize(
    ("wrapper", "expected"),
    [
        ("return run(*a)", ["call"]),
        ("return send(run.__name__, a)", ["defer"]),
        ("return send(name, a)", ["defer"]),
        ("return send(run, a)", ["call"]),
    ],
    ids=["calls it", "by its name", "by a name kept", "hands it on"],
)
def test_a_decorator_may_put_something_in_place_of_the_function(
    tmp_path: Path, wrapper: str, expected: list[str]
) -> None:
    text = f"""
def send(*a): ...
def process(blocking):
    def decorate(run):
        name = run.__name__
        @functools.wraps(run)
        def instead(*a):
            {wrapper}
        return instead
    return decorate
@process(True)
def job(a): time.sleep(1)
def start(): job(1)
"""
    project = service(tmp_path, {"main.py": "import functools, time\n" + text})
    assert [edge.kind for edge in project.calls.edges(function(project, "start"))] == expected
