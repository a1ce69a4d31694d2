"""What detectors add to what reading shows of the way of a request, by services that really answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop import project
from pitstop.data import Finding, TraceEvidence
from pitstop.problems import discover
from pitstop.traces.records import Run
from pitstop.traces.store import Traces

from .driven import driven


def lay(folder: Path, text: str, **others: str) -> Path:
    """A service of one file or a few, in a folder."""
    tree = folder / "tree"
    tree.mkdir()
    for name, content in {"main": text, **others}.items():
        (tree / f"{name}.py").write_text(content)
    return tree


def detected(name: str, run: Run, tree: Path) -> list[Finding]:
    """What the detector of a problem tells of a run."""
    detector = discover()[name].detector
    assert detector is not None
    with Traces.load(run) as traces:
        return list(detector(traces, project.read(tree, cache=False)))


def read(name: str, tree: Path) -> list[Finding]:
    """What the rule of a problem finds."""
    rule = discover()[name].rule
    assert rule is not None
    return list(rule(project.read(tree, cache=False)))


def only(finding: Finding) -> TraceEvidence:
    """The one measurement of a finding."""
    (evidence,) = finding.evidence
    assert isinstance(evidence, TraceEvidence)
    return evidence


PLAIN = """\
import os

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse, Response
app = FastAPI()

@app.get("/items")
def items():
    return [{"id": number, "name": f"item {number}", "colour": "red"} for number in range(1000)]

@app.get("/few")
def few():
    return [{"id": number, "name": f"item {number}", "colour": "red"} for number in range(100)]

@app.get("/noise")
def noise():
    return PlainTextResponse(os.urandom(30_000).hex())

@app.get("/picture")
def picture():
    return Response(bytes(50_000), media_type="image/png")

@app.get("/packed")
def packed():
    return Response(b"packed", media_type="text/plain", headers={"content-encoding": "br"})
"""
ASKED = ["GET /few", "GET /noise", "GET /picture", "GET /items"]


def test_large_answers_are_really_compressed(tmp_path: Path) -> None:
    tree = lay(tmp_path, PLAIN)
    run = driven(tmp_path, tree, ASKED)
    (finding,) = detected("no-compression", run, tree)
    assert (finding.location.line, finding.confidence, finding.routes) == (5, "likely", ("GET /items",))
    evidence = only(finding)
    assert evidence.figures["bytes"] == run.exchanges[-1].response_bytes > 40_000
    assert 1000 < evidence.figures["compressed_bytes"] < evidence.figures["bytes"] / 3
    packed = evidence.figures["compressed_bytes"] / 1000
    assert evidence.text == (
        f"`GET /items` was answered with {evidence.figures['bytes'] / 1000:.1f} kB; gzip at level 4 makes {packed:.1f} kB of them"
    )


def test_it_is_the_finding_that_reading_shows(tmp_path: Path) -> None:
    model = "from pydantic import BaseModel\nclass Item(BaseModel):\n    id: int\n    name: str\n    colour: str\n"
    typed = PLAIN.replace("():\n    return [", "() -> list[Item]:\n    return [") + (
        "\n@app.get('/more')\ndef more() -> list[Item]:\n    return []\n"
    )
    tree = lay(tmp_path, model + typed)
    (known,) = read("no-compression", tree)
    (finding,) = detected("no-compression", driven(tmp_path, tree, ["GET /items"] * 2), tree)
    assert finding.id == known.id


@pytest.mark.parametrize(
    "why",
    ["something else compresses", "nothing compressed is taken", "nothing is large"],
)
def test_what_is_not_worth_compressing_is_left(why: str, tmp_path: Path) -> None:
    tree = lay(tmp_path, PLAIN)
    asked = {
        "something else compresses": [*ASKED, "GET /packed"],
        "nothing compressed is taken": ASKED,
        "nothing is large": ASKED[:-1],
    }[why]
    headers = {"accept-encoding": "gzip;q=0, identity"} if why == "nothing compressed is taken" else {}
    run = driven(tmp_path, tree, asked, headers=headers)
    assert not detected("no-compression", run, tree)


LAYERS = """\
import asyncio
from fastapi import FastAPI
from starlette.responses import JSONResponse

app = FastAPI()

class Limit:
    def __init__(self, app):
        self.app = app
    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and b"limited" in scope["query_string"]:
            await JSONResponse({"detail": "too many"}, 429)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

class Dear:
    def __init__(self, app):
        self.app = app
    async def __call__(self, scope, receive, send):
        await asyncio.sleep(0.1)
        await self.app(scope, receive, send)

@app.get("/items")
async def items(fail: bool = False):
    return JSONResponse({}, 429) if fail else {}

"""
REFUSED = ["GET /items?limited"] * 3


def test_a_dear_middleware_around_one_that_refuses(tmp_path: Path) -> None:
    tree = lay(tmp_path, LAYERS + "app.add_middleware(Limit)\napp.add_middleware(Dear)\n")
    run = driven(tmp_path, tree, ["GET /items", *REFUSED])
    (finding,) = detected("middleware-order", run, tree)
    assert (
        "app.add_middleware(Dear)" in (tree / "main.py").read_text().splitlines()[finding.location.line - 1]
    )
    assert finding.routes == ("middleware __call__",)
    evidence = only(finding)
    assert evidence.figures["requests"] == 3
    assert evidence.figures["duration_ms"] >= 100
    assert evidence.text.startswith("of 3 requests that `Limit` refused (429), `Dear` took ")


@pytest.mark.parametrize(
    ("middleware", "requests"),
    [
        (("Dear", "Limit"), REFUSED),  # what refuses stands outside already
        (("Limit", "Dear"), REFUSED[:2]),  # it may be chance
        (("Limit", "Dear"), ["GET /items?fail=1"] * 3),  # the route itself refuses
    ],
)
def test_an_order_that_costs_nothing_is_left(
    middleware: tuple[str, ...], requests: list[str], tmp_path: Path
) -> None:
    tree = lay(tmp_path, LAYERS + "".join(f"app.add_middleware({name})\n" for name in middleware))
    assert not detected("middleware-order", driven(tmp_path, tree, requests), tree)


def test_who_needs_what_a_middleware_before_it_left_stays_behind_it(tmp_path: Path) -> None:
    needing = LAYERS.replace('b"limited" in', 'scope.setdefault("state", {}) == {} and b"limited" in')
    tree = lay(tmp_path, needing + "app.add_middleware(Limit)\napp.add_middleware(Dear)\n")
    assert not detected("middleware-order", driven(tmp_path, tree, REFUSED), tree)


EVERYONE = """\
import sqlite3
from fastapi import FastAPI, Request
from tenants import tenant

app = FastAPI()

@app.middleware("http")
async def find_tenant(request: Request, call_next):
    if request.headers.get("x-plain"):
        return await call_next(request)
    request.state.tenant = await tenant()  # asks
    return await call_next(request)

class Passing:
    def __init__(self, app):
        self.app = app
    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)

app.add_middleware(Passing)

@app.get("/health")
async def health():
    return {}

@app.get("/items")
async def items():
    return await tenant()

@app.get("/ready")
async def ready():
    return await tenant()
"""
TENANTS = """\
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool
engine = create_engine("sqlite://", poolclass=StaticPool)

async def tenant():
    with engine.connect() as connection:
        return connection.execute(text("SELECT 1")).scalar()
"""


def test_a_middleware_that_asks_for_health_checks_too(tmp_path: Path) -> None:
    tree = lay(tmp_path, EVERYONE, tenants=TENANTS)
    run = driven(tmp_path, tree, ["GET /items", "GET /health", "GET /health"])
    (finding,) = detected("middleware-works-for-everyone", run, tree)
    line = (tree / "main.py").read_text().splitlines()[finding.location.line - 1]
    assert line.endswith("# asks")
    evidence = only(finding)
    assert evidence.route == "GET /health"
    assert evidence.text.startswith("2 times a statement was sent from here for `GET /health`: up to ")
    for asked in (["GET /items"], ["GET /missing"]):
        assert not detected("middleware-works-for-everyone", driven(tmp_path, tree, asked), tree)
    run = driven(tmp_path, tree, ["GET /ready"], headers={"x-plain": "1"})
    assert run.exchanges[0].statements
    assert not detected("middleware-works-for-everyone", run, tree)


LEAKING = """\
import traceback
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
app = FastAPI()

@app.exception_handler(Exception)
def failed(request: Request, error: Exception):
    return JSONResponse({"detail": "".join(traceback.format_exception(error))}, 500)

def load(name: str):
    with engine.connect() as connection:
        return connection.execute(text(f"SELECT {name}")).scalar()

@app.get("/rows/{name}")
def rows(name: str):
    try:
        return load(name)
    except ValueError as error:
        raise HTTPException(400, "no") from error
    except Exception as error:
        reason = str(error)
    raise HTTPException(400, reason)

@app.get("/raises")
def raises():
    raise KeyError("a")

@app.post("/checked")
def checked(wanted: dict[str, int]):
    return wanted

@app.get("/well")
def well():
    return 'Traceback (most recent call last): [SQL: SELECT 1]'
"""


def test_what_a_body_gives_away(tmp_path: Path) -> None:
    tree = lay(tmp_path, LEAKING)
    asked = [
        "GET /rows/x",
        "GET /rows/y",
        "GET /raises",
        "GET /well",
        'POST /checked {"a":"[SQL: "}',
        "GET /nothing",
    ]
    run = driven(tmp_path, tree, asked)
    assert [exchange.status for exchange in run.exchanges] == [400, 400, 500, 200, 422, 404]
    found = {only(finding).route: finding for finding in detected("internals-leaked", run, tree)}
    assert set(found) == {"GET /rows/{name}", "GET /raises"}
    statement, raised = found["GET /rows/{name}"], found["GET /raises"]
    lines = (tree / "main.py").read_text().splitlines()
    assert only(statement).text == (
        "`GET /rows/x` was answered 400 with a statement of SQL in the body, and so were 1 more"
    )
    assert lines[raised.location.line - 1].startswith(("def failed", "    return JSONResponse"))
    assert only(raised).text == "`GET /raises` was answered 500 with a traceback in the body"
    assert {statement.confidence, raised.confidence} == {"certain"}


def test_the_page_for_whoever_debugs_is_another_problem(tmp_path: Path) -> None:
    page = "from fastapi import FastAPI\napp = FastAPI(debug=True)\n@app.get('/raises')\ndef raises():\n    raise KeyError\n"
    tree = lay(tmp_path, page)
    run = driven(tmp_path, tree, ["GET /raises"])
    assert b"Traceback" in run.exchanges[0].body
    assert not detected("internals-leaked", run, tree)


EMBEDDING = """\
import httpx
from fastapi import FastAPI

def model(request):
    return httpx.Response(200, json={"data": [], "usage": {"prompt_tokens": TOKENS}})

client = httpx.Client(base_url="http://model.test/v1", transport=httpx.MockTransport(model))
app = FastAPI()

def embed(text):
    return client.post("/embeddings", json={"model": "small", "input": text}).status_code

@app.get("/chunks/{count}")
def chunks(count: int):
    found = []
    for number in range(count):
        found.append(embed(f"chunk {number}"))  # embeds
    return found
"""


def test_embeddings_one_by_one_where_reading_shows_none(tmp_path: Path) -> None:
    tree = lay(tmp_path, EMBEDDING.replace("TOKENS", "300"))
    assert not read("embedding-one-by-one", tree)
    (finding,) = detected("embedding-one-by-one", driven(tmp_path, tree, ["GET /chunks/4"]), tree)
    assert (tree / "main.py").read_text().splitlines()[finding.location.line - 1].endswith("# embeds")
    assert only(finding).figures["calls"] == 4
    assert only(finding).figures["input_tokens"] == 1200
    assert not detected("embedding-one-by-one", driven(tmp_path, tree, ["GET /chunks/2"]), tree)


def test_embeddings_of_many_texts_each_are_left(tmp_path: Path) -> None:
    tree = lay(tmp_path, EMBEDDING.replace("TOKENS", "6000"))
    assert not detected("embedding-one-by-one", driven(tmp_path, tree, ["GET /chunks/4"]), tree)


DUMPED = """\
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    id: int
    name: str


def load(count: int) -> list[Item]:
    return [Item(id=number, name=f"item {number}") for number in range(count)]


@app.get("/items/{count}", response_model=list[Item])
async def items(count: int):
    return [item.model_dump() for item in load(count)]
"""


def test_what_dumping_by_hand_takes(tmp_path: Path) -> None:
    tree = lay(tmp_path, DUMPED)
    (known,) = read("double-validation", tree)
    (finding,) = detected("double-validation", driven(tmp_path, tree, ["GET /items/3000"] * 3), tree)
    assert finding.id == known.id
    figures = only(finding).figures
    assert figures["handler_ms"] > 1
    assert figures["serialisation_ms"] > 0
    assert (figures["requests"], figures["bytes"] > 50_000) == (3, True)
    assert not detected("double-validation", driven(tmp_path, tree, ["GET /items/0"] * 5), tree)


HELD = """\
import time

from fastapi import FastAPI, Response

app = FastAPI()


@app.get("/reports/{name}")
def report(name: str) -> Response:
    with open(f"{name}.bin", "rb") as file:
        content = file.read()
    return Response(content, media_type="application/pdf")


@app.get("/logs/{name}")
def errors(name: str) -> int:
    with open(f"{name}.log") as file:
        lines = file.readlines()
    time.sleep(0.2)  # so that it is looked at
    return sum(1 for line in lines if "ERROR" in line)
"""


@pytest.mark.parametrize("size", [4_000_000, 100_000])
def test_what_is_held_in_memory_at_once(size: int, tmp_path: Path) -> None:
    tree = lay(tmp_path, HELD)
    (tree / "a.bin").write_bytes(bytes(size))
    (tree / "a.log").write_text(("word " * 20 + "\n") * (size // 100))
    run = driven(tmp_path, tree, ["GET /reports/a"] * 2 + ["GET /logs/a"] * 5, memory=True)
    for name, route in (
        ("download-built-in-memory", "GET /reports/{name}"),
        ("file-read-whole", "GET /logs/{name}"),
    ):
        (known,) = read(name, tree)
        found = detected(name, run, tree)
        if size < 1_000_000:
            assert not found, name
            continue
        (finding,) = found
        assert (finding.id, finding.confidence) == (known.id, "certain")
        evidence = only(finding)
        assert evidence.route == route
        assert evidence.figures["peak_bytes"] >= evidence.figures["held_bytes"] >= 1_000_000, name
