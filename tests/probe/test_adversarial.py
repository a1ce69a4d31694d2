"""Services that do what nobody expects of them: none of it may make a record say what was not so."""

from __future__ import annotations

import json

import pytest

from .driver import counted, lost
from .runner import Runner

SERVED = """
import asyncio, json, os, socket, sys, threading, time
import uvicorn
from odd import app

server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", **{options}))
thread = threading.Thread(target=server.run)
thread.start()
while not server.started:
    time.sleep(0.01)
port = server.servers[0].sockets[0].getsockname()[1]

def talk(*parts, pause=0, read=True):
    with socket.create_connection(("127.0.0.1", port)) as line:
        for part in parts:
            line.sendall(part.encode())
            time.sleep(pause)
        answer = b""
        line.settimeout(20)
        while read and (more := line.recv(65536)):
            answer += more
        return answer.decode()

def ask(method, path, *lines, body=""):
    head = "\\r\\n".join([f"{{method}} {{path}} HTTP/1.1", "host: t", "connection: close", *lines])
    return talk(head + "\\r\\n\\r\\n" + body)

{talk}
server.should_exit = True
thread.join()
"""
ODD = """
import asyncio, os, sys, time
from fastapi import Depends, FastAPI, HTTPException, Request, Response

app = FastAPI(root_path="/behind")

@app.get("/twice", operation_id="same")
@app.head("/twice", operation_id="same")
@app.options("/twice", operation_id="same")
async def twice():
    return {"x": 1}

@app.get("/unchanged")
def unchanged():
    return Response(status_code=304, headers={"etag": '"1"'})

@app.delete("/gone", status_code=204)
def gone():
    return None

@app.post("/takes")
async def takes(request: Request):
    return len(await request.body())

@app.get("/leaves")
async def leaves(request: Request):
    while not await request.is_disconnected():
        await asyncio.sleep(0.01)
    return 1

async def swallows():
    try:
        yield 1
    except Exception:
        pass

@app.get("/swallowed")
async def swallowed(x: int = Depends(swallows)):
    raise ValueError("swallowed")

@app.get("/traced")
def traced():
    before = sys.gettrace()
    sys.settrace(lambda *_: None)
    try:
        return len(str(time.time()))
    finally:
        sys.settrace(before)
"""


def served(runner: Runner, talk: str, options: str = "{}") -> dict[str, list[tuple[str, int, int, int]]]:
    """What is recorded by path of requests that a client sends by hand: route, status, bytes in and out."""
    runner.write("odd.py", ODD)
    run = runner.script(SERVED.format(talk=talk.strip(), options=options))
    assert not run.faults
    assert not run.skipped
    assert not lost(run)
    found: dict[str, list[tuple[str, int, int, int]]] = {}
    for each in run.exchanges:
        told = (f"{each.method} {each.route}", each.status, each.request_bytes, each.response_bytes)
        found.setdefault(each.path, []).append(told)
    return found


def test_methods_and_answers_without_bodies(runner: Runner) -> None:
    found = served(
        runner,
        """
for method in ("GET", "HEAD", "OPTIONS"):
    print(json.dumps(ask(method, "/twice").split("\\r\\n\\r\\n", 1)))
print(json.dumps([ask("GET", "/unchanged")[9:12], ask("DELETE", "/gone")[9:12]]))
ask("GET", "/behind/twice")
""",
    )
    assert [told[:2] for told in found["/twice"]] == [
        ("GET /twice", 200),
        ("HEAD /twice", 200),
        ("OPTIONS /twice", 200),
    ]
    assert found["/behind/twice"] == [("GET /twice", 200, 0, 7)]
    assert found["/unchanged"] == [("GET /unchanged", 304, 0, 0)]
    assert found["/gone"] == [("DELETE /gone", 204, 0, 0)]
    # FastAPI warns of operation ids that are there twice.
    lines = [line for line in runner.output.splitlines() if line.startswith("[")]
    get, head, options, (unchanged, gone) = map(json.loads, lines)
    assert (get[1], head[1], options[1]) == ('{"x":1}', "", '{"x":1}')
    assert (unchanged, gone) == ("304", "204")


def test_a_client_that_waits_for_leave_to_send(runner: Runner) -> None:
    found = served(
        runner,
        """
head = ["POST /takes HTTP/1.1", "host: t", "connection: close", "expect: 100-continue", "content-length: 5", "", ""]
print(json.dumps(talk("\\r\\n".join(head), "12345", pause=0.2)))
""",
    )
    assert found["/takes"] == [("POST /takes", 200, 5, 1)]
    answer = json.loads(runner.output.splitlines()[-1])
    assert answer.startswith("HTTP/1.1 100 Continue")
    assert answer.endswith("5")


def test_a_client_that_goes_away(runner: Runner) -> None:
    found = served(
        runner,
        """
talk("\\r\\n".join(["GET /leaves HTTP/1.1", "host: t", "", ""]), pause=0.2, read=False)
time.sleep(0.5)
print(ask("GET", "/traced")[9:12])
""",
    )
    assert found["/leaves"] == [("GET /leaves", 200, 0, 1)]
    assert found["/traced"][0][:2] == ("GET /traced", 200)


def test_an_exception_that_a_dependency_swallows(runner: Runner) -> None:
    runner.write("odd.py", ODD)
    run = runner.requests("odd:app", "GET /swallowed", "GET /twice", phases=True)
    swallowed, after = run.exchanges
    assert (swallowed.status, swallowed.route) == (500, "/swallowed")
    assert (after.status, after.route, after.error) == (200, "/twice", "")


RAISING = """
import asyncio
from fastapi import FastAPI

class Own(BaseException):
    pass

class Raising:
    def __init__(self, app):
        self.app = app
    async def __call__(self, scope, receive, send):
        if scope["path"] == "/before":
            raise Own
        await self.app(scope, receive, send)
        if scope["path"] == "/after":
            raise Own  # raises

app = FastAPI()
app.add_middleware(Raising)

@app.get("/{what}")
async def handler(what: str):
    if what == "never":
        await asyncio.sleep(1000)
    return what
"""


def test_errors_that_are_no_exceptions_and_handlers_that_never_return(runner: Runner) -> None:
    runner.write("raising.py", RAISING)
    run = counted(
        runner,
        """
from raising import Own, app

async def main():
    for path in ("/before", "/after"):
        try:
            await ask(app, path)
        except Own:
            pass
    for _ in range(2):
        never = asyncio.create_task(ask(app, "/never"))
        await asyncio.sleep(0.1)
        never.cancel()
        try:
            await never
        except asyncio.CancelledError:
            pass
    left = asyncio.create_task(ask(app, "/never"))
    await asyncio.sleep(0.1)
    await ask(app, "/fine")
    os._exit(0)

asyncio.run(main())
""",
        phases=True,
    )
    found = [(each.path, each.status, each.error.rpartition(".")[2]) for each in run.exchanges]
    assert found == [
        ("/before", 0, "Own"),
        ("/after", 200, "Own"),
        ("/never", 0, "CancelledError"),
        ("/never", 0, "CancelledError"),
        ("/fine", 200, ""),
    ]
    assert run.frames(1, run.exchanges[1].error_stack)[0].line == runner.line("raising.py", "raises")
    assert lost(run) == 1  # the one that was under way when the process was gone


FORKING = """
import os, subprocess, sys
from fastapi import FastAPI
from starlette.requests import Request

class Slim(Request):
    __slots__ = ("own",)

app = FastAPI()

@app.get("/forks")
def forks():
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        os.write(write, b"child")
        os._exit(0)
    os.waitpid(pid, 0)
    return os.read(read, 5).decode()

@app.get("/path")
def path():
    os.environ["PYTHONPATH"] = "/nowhere"
    return int(subprocess.run([sys.executable, "-c", "print(1)"], capture_output=True, check=True).stdout)

@app.get("/slim")
async def slim(request: Request):
    made = Slim(request.scope, request.receive)
    made.own = 1
    return [made.own, request.url.path]
"""


@pytest.mark.parametrize("path", ["/forks", "/path", "/slim"])
def test_each_request_is_recorded_once(runner: Runner, path: str) -> None:
    runner.write("forking.py", FORKING)
    run = counted(
        runner,
        f"""
from forking import app

async def main():
    print([(await ask(app, {path!r}))[0] for _ in range(3)])

asyncio.run(main())
""",
    )
    assert [(each.path, each.route, each.status) for each in run.exchanges] == [(path, path, 200)] * 3
    assert len({each.key for each in run.exchanges}) == 3
    assert not run.faults
    assert not lost(run)
