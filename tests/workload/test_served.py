"""Apps served by uvicorn: recorded requests in order and at a rate, generated ones, and what can go wrong."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pitstop.errors import TargetError
from pitstop.settings import Login
from pitstop.target.discover import discover
from pitstop.target.model import Target
from pitstop.target.workspace import Workspace
from pitstop.workload.generated import generate
from pitstop.workload.launched import ProbeSettings
from pitstop.workload.model import Generate, NotStarted, Passed, Replay
from pitstop.workload.recorded import Request, from_run, write_requests
from pitstop.workload.served import Load, serve
from tests.target.trees import PYTHON, write

PROBE = ProbeSettings(databases=("sqlite",))
APP = """
    import os
    import urllib.request
    import uuid

    from fastapi import Depends, FastAPI, HTTPException
    from fastapi.responses import StreamingResponse
    from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
    from pydantic import BaseModel

    app = FastAPI(openapi_url=None)
    scheme = OAuth2PasswordBearer("/login")
    notes: dict[str, str] = {}
    tokens: set[str] = set()


    class Note(BaseModel):
        text: str


    def user(token: str = Depends(scheme)) -> str:
        if token not in tokens:
            raise HTTPException(401)
        return "ann"


    @app.post("/login")
    def login(form: OAuth2PasswordRequestForm = Depends()) -> dict[str, dict[str, str]]:
        if form.password != "correct":
            raise HTTPException(401)
        token = str(uuid.uuid4())
        tokens.add(token)
        return {"data": {"token": token}}


    @app.post("/logout")
    def logout(token: str = Depends(scheme)) -> None:
        tokens.clear()


    @app.post("/notes", status_code=201)
    def write(note: Note, _: str = Depends(user)) -> dict[str, str]:
        number = str(uuid.uuid4())
        notes[number] = note.text
        return {"id": number}


    @app.get("/notes/{id}")
    def read(id: str, _: str = Depends(user)) -> Note:
        if id not in notes:
            raise HTTPException(404)
        return Note(text=notes[id])


    @app.post("/mail")
    def mail() -> str:
        try:
            urllib.request.urlopen("http://mail.example.com/send", timeout=5)
        except OSError as error:
            return str(error)
        return "sent"


    @app.get("/stream")
    def stream() -> StreamingResponse:
        return StreamingResponse(iter([b"a", b"b"]))


    @app.get("/end")
    def end() -> None:
        os._exit(3)
"""


def target_of(root: Path, app: str = APP, **more: str) -> Target:
    files: Mapping[str, str] = {"app/__init__.py": "", "app/main.py": textwrap.dedent(app), **more}
    write(root, files)
    return discover(root, app=None, python=PYTHON, tests=None, environment={})


def recorded(folder: Path, *requests: Request) -> Replay:
    path = folder / "requests.jsonl"
    write_requests(path, requests)
    return Replay(requests=path)


def served(target: Target, workload: Replay, **given: Any) -> Any:
    with Workspace(target.root) as workspace:
        return serve(workload, target, workspace.path, PROBE, timeout=60, **given)


def generated(target: Target, cases: int = 3, login: Login | None = None, timeout: float = 120) -> Any:
    with Workspace(target.root) as workspace:
        return generate(Generate(cases=cases, login=login), target, workspace.path, PROBE, timeout=timeout)


LOGIN = Login(path="/login", form={"username": "ann", "password": "correct"}, token="data.token")


def test_recorded_requests_in_order_and_at_a_rate(tmp_path: Path) -> None:
    target = target_of(tmp_path / "service")
    requests = [
        Request(method="GET", path="/stream"),
        Request(method="GET", path="/notes/1"),
        Request(method="POST", path="/login", body="e30="),
    ]
    driven, (order, rate) = served(target, recorded(tmp_path, *requests), load=Load(rate=50, seconds=0.4))
    assert driven.ending == Passed(passed=23)
    assert [each.endpoint for each in driven.run.exchanges[:3]] == [
        "GET /stream",
        "GET /notes/{id}",
        "POST /login",
    ]
    assert {each.method for each in driven.run.exchanges[3:]} == {"GET"}
    assert (order.kind, order.requests, order.failed, order.wanted_per_s) == ("in order", 3, 0, 0)
    assert (rate.kind, rate.requests, rate.failed, rate.wanted_per_s) == ("at a rate", 20, 0, 50)
    assert 0 < order.p50_ms <= order.p95_ms <= order.p99_ms
    assert rate.seconds >= 0.37
    assert rate.memory_peak_mb > 10
    assert not driven.run.faults


def test_a_rate_needs_something_that_reads(tmp_path: Path) -> None:
    target = target_of(tmp_path / "service")
    driven, parts = served(
        target, recorded(tmp_path, Request(method="POST", path="/mail")), load=Load(rate=50, seconds=0.4)
    )
    assert [each.kind for each in parts] == ["in order"]
    assert [each.subject for each in driven.run.skipped] == ["--rate"]


def test_an_app_that_ends_by_itself(tmp_path: Path) -> None:
    target = target_of(tmp_path / "service")
    with pytest.raises(TargetError, match="ended while requests were sent"):
        served(target, recorded(tmp_path, Request(method="GET", path="/end")))


def test_an_app_that_does_not_start(tmp_path: Path) -> None:
    target = target_of(tmp_path / "service", APP + "\n\n    raise RuntimeError('no licence')\n")
    with pytest.raises(TargetError, match=r"could not be started: .*no licence"):
        served(target, recorded(tmp_path, Request(method="GET", path="/stream")))


def test_no_uvicorn(tmp_path: Path) -> None:
    target = target_of(tmp_path / "service")
    packages = {name: v for name, v in target.interpreter.packages.items() if name != "uvicorn"}
    bare = msgspec.structs.replace(
        target, interpreter=msgspec.structs.replace(target.interpreter, packages=packages)
    )
    with pytest.raises(TargetError, match="has no uvicorn"):
        served(bare, recorded(tmp_path, Request(method="GET", path="/stream")))


def test_generated_requests_log_in_and_learn_ids(tmp_path: Path) -> None:
    target = target_of(tmp_path / "service", APP.replace("os._exit(3)", "pass"))
    driven = generated(target, login=LOGIN)
    run = driven.run
    statuses: dict[str, set[int]] = {}
    for each in run.exchanges:
        statuses.setdefault(each.endpoint, set()).add(each.status)
    assert 201 in statuses["POST /notes"]
    assert 200 in statuses["GET /notes/{id}"], "the id of an earlier answer was not used"
    assert 401 not in statuses["POST /notes"]
    assert "POST /logout" not in statuses
    assert not any("schemathesis" in each.path for each in run.exchanges)
    assert run.exchanges[0].endpoint == "POST /login"
    assert not run.faults
    # what was made up reached nobody
    assert [(each.what, each.address) for each in run.refused] == [("network", "mail.example.com")]
    assert b"refused a connection" in next(e.body for e in run.exchanges if e.path == "/mail")

    requests, left_out = from_run(run)
    assert not left_out
    path = tmp_path / "again.jsonl"
    write_requests(path, requests)
    with Workspace(target.root) as workspace:
        again, _ = serve(
            Replay(requests=path, offline=True),
            target,
            workspace.path,
            msgspec.structs.replace(PROBE, seed=7),
            timeout=60,
        )
    told = [(each.method, each.path, each.status) for each in run.exchanges]
    assert [(each.method, each.path, each.status) for each in again.run.exchanges] == told


def test_a_login_that_is_refused_does_not_tell_the_password(tmp_path: Path) -> None:
    target = target_of(tmp_path / "service")
    wrong = Login(path="/login", form={"username": "ann", "password": "hunter22"})
    with pytest.raises(TargetError, match="/login was answered 401") as raised:
        generated(target, login=wrong)
    assert "hunter22" not in f"{raised.value.message} {raised.value.hint}"
    nowhere = msgspec.structs.replace(LOGIN, token="data.access")
    with pytest.raises(TargetError, match=r"neither `data\.access` nor a cookie"):
        generated(target, login=nowhere)


def test_a_key_lets_requests_in_and_what_cannot_be_asked_is_told(tmp_path: Path) -> None:
    app = """
        from fastapi import FastAPI, HTTPException, Query, Security
        from fastapi.security import APIKeyHeader

        app = FastAPI()
        key = APIKeyHeader(name="X-API-Key", auto_error=False)


        @app.get("/reports")
        def reports(given: str | None = Security(key)) -> int:
            if given != "let me in":
                raise HTTPException(403)
            return 1


        @app.get("/teams/{team}/size")
        def size() -> int:
            return 1


        @app.get("/never")
        def never(number: int = Query(ge=5, le=1)) -> int:
            return number
    """
    target = target_of(tmp_path / "service", app)
    run = generated(target, login=Login(headers={"X-API-Key": "let me in"})).run
    assert {each.status for each in run.exchanges if each.path == "/reports"} == {200}
    assert any(each.route == "/teams/{team}/size" for each in run.exchanges)
    (unsent,) = run.skipped
    assert unsent.reason == "schemathesis makes none from what the OpenAPI document says of GET /never"
    requests, left_out = from_run(run)
    assert not left_out
    assert any("let me in" in msgspec.json.encode(each).decode() for each in requests), (
        "a replay would be refused"
    )


def test_a_login_by_cookie(tmp_path: Path) -> None:
    app = """
        from fastapi import Cookie, FastAPI, HTTPException, Response
        from fastapi.responses import RedirectResponse

        app = FastAPI()


        @app.post("/login")
        async def login(given: dict[str, str]) -> Response:
            answer = RedirectResponse("/", 303)
            if given == {"name": "ann"}:
                answer.set_cookie("session", "abc", httponly=True)
            return answer


        @app.get("/mine")
        async def mine(session: str = Cookie("")) -> str:
            if session != "abc":
                raise HTTPException(401)
            return "yours"
    """
    target = target_of(tmp_path / "service", app)
    run = generated(target, login=Login(path="/login", json={"name": "ann"})).run
    assert {each.status for each in run.exchanges if each.path == "/mine"} == {200}


def test_requests_that_take_too_long(tmp_path: Path) -> None:
    app = """
        import asyncio

        from fastapi import FastAPI

        app = FastAPI()


        @app.get("/slow/{number}")
        async def slow(number: int) -> int:
            await asyncio.sleep(0.4)
            return number
    """
    target = target_of(tmp_path / "service", app)
    run = generated(target, cases=500, timeout=12).run
    assert ["generated requests were stopped after 12 s" in each.reason for each in run.skipped] == [True]


def test_an_app_without_routes(tmp_path: Path) -> None:
    target = target_of(tmp_path / "service", "\n    from fastapi import FastAPI\n\n    app = FastAPI()\n")
    with pytest.raises(TargetError, match="names no route"):
        generated(target)


def test_no_token_is_seen_by_others(tmp_path: Path) -> None:
    """Command lines can be read by everyone on the machine, and so can files in the temporary folder of another."""
    target = target_of(tmp_path / "service", APP.replace("os._exit(3)", "pass"))
    with Workspace(target.root) as workspace:
        seen: list[str] = []

        def look(_: object) -> None:
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.append(entry.read_bytes().decode("utf-8", "replace"))
                except OSError:
                    continue

        driven = generate(
            Generate(cases=2, login=LOGIN), target, workspace.path, PROBE, timeout=60, on_progress=look
        )
    token = next(e.body for e in driven.run.exchanges if e.path == "/login").split(b'"')[-2].decode()
    assert len(token) == 36
    assert seen
    assert not any(token in line for line in seen)


def test_a_service_that_does_not_start_is_told_with_its_line(tmp_path: Path) -> None:
    target = target_of(
        tmp_path / "service", "from fastapi import FastAPI\n\napp = FastAPI()\nraise ValueError\n"
    )
    driven = generated(target)
    assert isinstance(driven.ending, NotStarted)
    assert driven.ending.cause.endswith("ValueError (app/main.py:4)"), driven.ending.cause
    assert "tests" not in driven.ending.hint
    assert "Start the service by hand" in driven.ending.hint


def test_a_service_that_prints_much_is_not_held_up(tmp_path: Path) -> None:
    app = """
        import sys

        from fastapi import FastAPI

        app = FastAPI()


        @app.get("/loud")
        async def loud() -> int:
            print(("x" * 99 + chr(10)) * 20_000, file=sys.stderr, flush=True)
            return 1
    """
    target = target_of(tmp_path / "service", app)
    requests = recorded(tmp_path, *[Request(method="GET", path="/loud")] * 3)
    with Workspace(target.root) as workspace:
        _, parts = serve(requests, target, workspace.path, PROBE, timeout=60, load=Load(rate=5, seconds=1))
    assert [part.failed for part in parts] == [0, 0]
