"""Jobs of workers and schedulers, and what goes on in the service beside its requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop.project.jobs import UNSEEN

from .trees import function, service

HEAD = """
import asyncio, time
from fastapi import FastAPI
app = FastAPI()
@app.get("/")
async def handler(): await used()
async def used(): work()
def work(): time.sleep(1)
"""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("from celery import shared_task\n@shared_task(name='x')\ndef job(): work()", "job"),
        ("from celery import Celery\nworker = Celery()\n@worker.task\ndef job(): work()", "job"),
        ("from celery import Task\nclass Sum(Task):\n    def run(self): return job()\ndef job(): work()", ""),
        ("import dramatiq\n@dramatiq.actor\ndef job(): work()", "job"),
        ("from huey import RedisHuey\nhuey = RedisHuey()\n@huey.periodic_task(1)\ndef job(): work()", "job"),
        ("from taskiq_redis import ListQueueBroker\nb = ListQueueBroker('x')\n@b.task\nasync def job(): work()", "job"),
        ("async def job(ctx): work()\nclass WorkerSettings:\n    functions = [job]", "job"),
        ("from arq import cron\nasync def job(ctx): work()\nclass WorkerSettings:\n    cron_jobs = [cron(job, hour=1)]", "job"),
        ("from fastapi_utils.tasks import repeat_every\n@app.on_event('startup')\n@repeat_every(seconds=1)\ndef job(): work()", "background"),
        ("from apscheduler.schedulers.asyncio import AsyncIOScheduler\ndef job(): work()\ns = AsyncIOScheduler()\ns.add_job(job, 'cron')", "background"),
        ("async def job(): work()\nasync def lifespan(app):\n    asyncio.create_task(job())\n    yield\napp2 = FastAPI(lifespan=lifespan)", "background"),
        ("async def job(): work()\nclass Later:\n    def add_job(self, f): ...\nLater().add_job(job)", ""),
        ("def task(f): return f\n@task\ndef job(): work()", ""),
    ],
)  # fmt: skip
def test_jobs_are_known_by_what_makes_them(tmp_path: Path, text: str, kind: str) -> None:
    project = service(tmp_path, {"main.py": HEAD + text})
    found = {job.function.name: job.kind for job in project.jobs.all}
    assert found.get("job", "") == kind


def test_what_a_job_leads_to_runs_because_of_it(tmp_path: Path) -> None:
    text = "from celery import shared_task\n@shared_task\ndef job(): inner()\ndef inner(): ...\ndef nobody(): ..."
    project = service(tmp_path, {"main.py": HEAD + text})
    reach = project.jobs.runs(function(project, "inner"))
    assert reach is not None
    assert [route.name for route in reach.routes] == ["job job"]
    assert project.jobs.runs(function(project, "nobody")) is None
    assert project.calls.reach(function(project, "inner")) is None
    within = project.jobs.runs(function(project, "work"))
    assert within is not None
    assert [route.name for route in within.routes] == ["GET /"]


@pytest.mark.parametrize(
    ("text", "routes", "doubt"),
    [
        ("async def on(): ...\nasync def lifespan(app):\n    asyncio.create_task(on())\n    yield\nFastAPI(lifespan=lifespan)\nx = FastAPI(lifespan=lifespan)", ["background on"], ""),
        ("async def on(): ...", [], UNSEEN),
        ("from arq import cron\nasync def on(ctx): ...\nclass WorkerSettings:\n    functions = [on]", None, ""),
        ("async def on(): yield", None, ""),
        ("async def on(): ...\nasync def lifespan(app):\n    await on()\n    yield\nx = FastAPI(lifespan=lifespan)", None, ""),
        ("def on(): ...", None, ""),
        ("class Own:\n    def go(self): asyncio.run(self.outer())\n    async def outer(self): await on()\n@app.get('/own')\ndef own(): Own().go()\nasync def on(): ...", None, ""),
    ],
    ids=["beside requests", "nothing seen", "a worker's", "a context", "before requests", "not a coroutine", "a thread's own"],
)  # fmt: skip
def test_what_is_on_the_loop_of_the_service(
    tmp_path: Path, text: str, routes: list[str] | None, doubt: str
) -> None:
    project = service(tmp_path, {"main.py": HEAD + text})
    reach = project.jobs.on_loop(function(project, "on"))
    assert (reach and [route.name for route in reach.routes]) == routes
    assert reach is None or reach.doubt == doubt


def test_code_that_the_service_does_not_import_is_not_on_its_loop(tmp_path: Path) -> None:
    files = {
        "main.py": HEAD + "def late():\n    from lazy import inner\n",
        "lazy.py": "async def inner(): ...\n",
        "other.py": "async def elsewhere(): ...\n",
        "scripts/once.py": "from main import app\nasync def script(): ...\n",
    }
    project = service(tmp_path, files)
    seen = {
        name: project.jobs.on_loop(function(project, name)) is not None
        for name in ("inner", "elsewhere", "script")
    }
    assert seen == {"inner": True, "elsewhere": False, "script": False}
