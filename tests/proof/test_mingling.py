"""State that a change makes requests share shows when others are under way, and only then."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pitstop.data import FileChange, Patch
from pitstop.proof.mingling import chosen, differences, failures, may_share
from pitstop.proof.prover import Prover
from pitstop.traces.records import Exchange, Mingled, Run
from pitstop.verdicts import Changed, Proved
from tests.proof.runs import exchange, run
from tests.proof.service import proving

pytestmark = pytest.mark.xdist_group("mingling")

MAIN = """import asyncio
from types import SimpleNamespace

from fastapi import Depends, FastAPI, Header

app = FastAPI()
state = SimpleNamespace(user="", page=0)
USERS = {"a": "Ann", "b": "Bob"}


async def current(authorization: str = Header()) -> str:
    await asyncio.sleep(0)
    return USERS[authorization]


@app.get("/me")
async def me(user: str = Depends(current)) -> dict[str, str]:
    await asyncio.sleep(0.001)
    return {"name": user}


@app.get("/pages")
async def pages(page: int = 1) -> dict[str, int]:
    await asyncio.sleep(0.001)
    return {"page": page}


@app.post("/notes")
async def add(note: str) -> None:
    state.note = note


@app.get("/leaking")
async def leaking(page: int = 1) -> dict[str, int]:
    state.page = page
    await asyncio.sleep(0.001)
    return {"page": state.page}
"""
TESTS = """from fastapi.testclient import TestClient

from main import app


def test_users():
    client = TestClient(app)
    for user in "ab":
        assert client.get("/me", headers={"authorization": user}).status_code == 200


def test_page():
    client = TestClient(app)
    assert client.post("/notes", params={"note": "a"}).status_code == 200
    for path in ("/pages", "/leaking"):
        assert client.get(path, params={"page": 3}).json() == {"page": 3}
"""


@pytest.fixture(scope="module")
def prover(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prover]:
    with proving(tmp_path_factory.mktemp("service"), MAIN, TESTS) as opened:
        yield opened


def patch(*replaced: tuple[str, str], finding: str = "") -> Patch:
    after = MAIN
    for old, new in replaced:
        assert after.count(old) == 1, old
        after = after.replace(old, new)
    change = FileChange(path="main.py", before=MAIN, after=after)
    return Patch(
        id="p", finding=finding, problem="change", title="a change", changes=(change,), diff="", aims=()
    )


KEPT = (
    ("    return USERS[authorization]\n", "    state.user = USERS[authorization]\n    return state.user\n"),
    ('    return {"name": user}\n', '    return {"name": state.user}\n'),
)


def test_what_one_user_leaves_for_another(prover: Prover) -> None:
    verdict = prover.prove(patch(*KEPT))
    assert isinstance(verdict, Changed), verdict.reason
    (found,) = verdict.differences
    assert found.kind == "state"
    assert found.where.startswith("GET /me, request 2 of test_main.py::test_users, with ")
    assert {found.before, found.after} == {'200 {"name":"Ann"}', '200 {"name":"Bob"}'}


def test_a_single_request_is_tried_with_itself_asked_otherwise(prover: Prover) -> None:
    page = '    await asyncio.sleep(0.001)\n    return {"page": page}\n'
    kept = page.replace("    await", "    state.page = page\n    await").replace(
        '"page": page', '"page": state.page'
    )
    verdict = prover.prove(patch((page, kept)))
    assert isinstance(verdict, Changed), verdict.reason
    assert [each.kind for each in verdict.differences] == ["state"]


def test_what_is_shared_by_nobody_and_what_was_shared_before(prover: Prover) -> None:
    local = prover.prove(
        patch(('    return {"name": user}\n', '    found = {"name": user}\n    return found\n'))
    )
    assert isinstance(local, Proved), local.reason
    assert local.notes == ()
    before = '    return {"page": state.page}\n'
    leaks = prover.prove(patch((before, '    found = {"page": state.page}\n    return found\n')))
    assert isinstance(leaks, Proved), leaks.reason


@pytest.mark.parametrize(
    ("replaced", "shares"),
    [
        (KEPT, True),
        ((('    return {"name": user}\n', '    found = {"name": user}\n    return found\n'),), False),
        ((("state = ", "kept = {}\nstate = "),), True),
        ((('    return {"name": user}\n', '    USERS["a"] = user\n    return {"name": user}\n'),), True),
        ((("async def current(", "@cache\nasync def current("),), True),
        ((("    await asyncio.sleep(0)\n", "    global USERS\n    await asyncio.sleep(0)\n"),), True),
        ((("    await asyncio.sleep(0)\n", ""),), False),
    ],
)
def test_repairs_by_which_requests_may_share_something(
    replaced: tuple[tuple[str, str], ...], shares: bool
) -> None:
    assert may_share(patch(*replaced, finding="f00d")) is shares


def test_tests_are_chosen_by_who_asks_and_by_what_is_asked() -> None:
    def asked(test: str, number: int, who: str = "", path: str = "/items", method: str = "GET") -> Exchange:
        headers = (("authorization", who),) if who else ()
        return exchange(
            number, 1, key=f"{test}#{number}", test=test, request_headers=headers, path=path, method=method
        )

    before = run(
        asked("one", 1),
        *(asked("two", n, path=f"/items/{n}") for n in (1, 2)),
        *(asked("users", n, who=who) for n, who in enumerate("ab", 1)),
        asked("writes", 1, method="POST"),
        exchange(1, 1, key="far#1", test="far", route="/far"),
    )
    assert chosen(before, {"GET /items"}) == ("users", "two", "one")


def test_a_route_that_the_unchanged_app_answers_so_too_is_left_out() -> None:
    told = [
        Mingled(key="t#2", test="t", route=route, alone="200 a", together="200 b")
        for route in ("GET /a", "GET /b")
    ]
    found = differences(Run(mingled=(told[0],)), Run(mingled=tuple(told)))
    assert [each.where.partition(",")[0] for each in found] == ["GET /b"]


def test_it_is_said_where_nothing_could_be_tried(prover: Prover) -> None:
    kept = ("    state.note = note\n", "    kept = note\n    state.note = kept\n")
    verdict = prover.prove(patch(kept))
    assert isinstance(verdict, Proved), verdict.reason
    assert verdict.notes == (
        "no request of POST /notes could be asked with others under way: shared state was not looked for",
    )


@pytest.mark.parametrize("together", ["500 down", "sqlalchemy.exc.InvalidRequestError"])
def test_failures_are_told_and_decide_nothing(together: str) -> None:
    after = Run(
        mingled=(Mingled(key="t#2", test="t", route="GET /a", alone="200 a", together=together, beside=3),)
    )
    assert not differences(Run(), after)
    assert failures(Run(), after) == (
        f"GET /a failed with 3 others under way, which it did not before: {together}",
    )
