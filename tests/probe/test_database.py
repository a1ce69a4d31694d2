"""Statements, the user's lines they come from, and the rows they change."""

from __future__ import annotations

import pytest

from pitstop.traces.records import Exchange

from .runner import Runner, queries

FILE = "shop.py"


@pytest.mark.parametrize("client", ["sync", "async"])
def test_lines_of_the_awaiting_code(runner: Runner, client: str) -> None:
    run = runner.requests("shop:app", "GET /api/items/each/2", client=client)
    position, exchange = runner.only(run, "/api/items/each/2")
    first, *others = queries(exchange)
    assert exchange.route == "/api/items/each/{n}"
    assert runner.lines_of(run, position, first.stack) == [
        (FILE, runner.line(FILE, "helper")),
        (FILE, runner.line(FILE, "caller")),
    ]
    assert first.rows == 3
    assert not first.on_loop
    assert [runner.lines_of(run, position, each.stack) for each in others] == [
        [(FILE, runner.line(FILE, "loop"))]
    ] * 2
    assert len({each.sql for each in others}) == 1
    assert len({each.params for each in others}) == 2


@pytest.mark.parametrize(
    ("path", "marks", "on_loop"),
    [
        ("sync", ["sync helper", "sync"], False),
        ("on-loop", ["sync helper", "on loop"], True),
        ("depends", ["dependency"], False),
        ("background", ["helper", "background"], False),
        ("stream", ["stream"], False),
        ("stream-sync", ["sync helper", "sync stream"], False),
    ],
)
def test_lines_everywhere(runner: Runner, path: str, marks: list[str], on_loop: bool) -> None:
    run = runner.requests("shop:app", f"GET /api/items/{path}")
    position, exchange = runner.only(run, f"/api/items/{path}")
    (statement,) = queries(exchange)
    assert runner.lines_of(run, position, statement.stack) == [(FILE, runner.line(FILE, m)) for m in marks]
    assert statement.on_loop is on_loop
    assert statement.rows in (2, 3)
    assert exchange.loop is (path not in ("sync", "stream-sync"))


def test_threads_and_tasks_belong_to_their_request(runner: Runner) -> None:
    run = runner.requests("shop:app", "GET /api/items/threads", "GET /api/items/gather")
    position, threads = runner.only(run, "/api/items/threads")
    assert len(queries(threads)) == 3
    for statement in queries(threads):
        assert not statement.on_loop
        inside = [(FILE, runner.line(FILE, mark)) for mark in ("sync helper", "alone")]
        assert runner.lines_of(run, position, statement.stack)[:2] == inside
    outer = [runner.lines_of(run, position, each.stack)[2:] for each in queries(threads)]
    assert [(FILE, runner.line(FILE, "awaits threads"))] in outer
    position, gather = runner.only(run, "/api/items/gather")
    assert [runner.lines_of(run, position, each.stack)[-1] for each in queries(gather)] == [
        (FILE, runner.line(FILE, "gathers"))
    ] * 2


def test_what_comes_after_the_end_is_counted(runner: Runner) -> None:
    run = runner.requests("shop:app", "GET /api/items/late", "GET /api/items/wait")
    assert not queries(runner.only(run, "/api/items/late")[1])
    assert sum(each.statements for each in run.dropped) >= 1


def test_transactions(runner: Runner) -> None:
    run = runner.requests("shop:app", "POST /api/items/values")
    position, exchange = runner.only(run, "/api/items/values")
    assert [each.operation for each in exchange.statements if each.operation != "ROLLBACK"] == [
        "INSERT",
        "COMMIT",
    ]
    (commit,) = [each for each in exchange.statements if each.operation == "COMMIT"]
    assert runner.lines_of(run, position, commit.stack)[0][0] == FILE


def test_changes_are_the_same_in_bulk_and_one_by_one(runner: Runner) -> None:
    ways = ["bulk", "one-by-one", "add-all", "values", "differs"]
    run = runner.requests("shop:app", *(f"POST /api/items/{way}" for way in ways))
    changes = {each.path.rsplit("/", 1)[1]: sorted(each.changes) for each in run.exchanges}
    assert [(operation, table, count) for operation, table, _, count in changes["bulk"]] == [
        ("INSERT", "item", 1)
    ] * 3
    assert changes["bulk"] == changes["one-by-one"] == changes["add-all"] == changes["values"]
    assert len(set(changes["bulk"]) & set(changes["differs"])) == 2
    assert len(queries(runner.only(run, "/api/items/bulk")[1])) == 1


def test_changes_do_not_depend_on_the_hash_seed(runner: Runner) -> None:
    first = runner.requests("shop:app", "POST /api/items/bulk")
    runner.variables["PYTHONHASHSEED"] = "99"
    second = runner.requests("shop:app", "POST /api/items/bulk")
    assert _changes(first.exchanges) == _changes(second.exchanges)


def _changes(exchanges: tuple[Exchange, ...]) -> list[tuple[tuple[str, str, str, int], ...]]:
    return [exchange.changes for exchange in exchanges]


def test_what_is_rolled_back_is_no_change(runner: Runner) -> None:
    run = runner.requests("shop:app", "POST /api/items/rolled-back")
    (exchange,) = run.exchanges
    assert [statement.operation for statement in queries(exchange)] == ["INSERT"] * 3
    assert [(operation, table) for operation, table, _, _ in exchange.changes] == [("INSERT", "item")]


def test_updates_count_the_rows_they_touch(runner: Runner) -> None:
    run = runner.requests(
        "shop:app", "POST /api/items/renamed/1", "POST /api/items/renamed/2", "POST /api/items/renamed/99"
    )
    one, two, none = (exchange.changes for exchange in run.exchanges)
    assert [(operation, table, count) for operation, table, _, count in one] == [("UPDATE", "item", 1)]
    assert one != two
    assert none == ()


def test_no_parameter_value_is_written(runner: Runner) -> None:
    runner.requests("shop:app", "POST /api/items/rolled-back", "GET /api/items/raises")
    written = runner.written()
    assert "INSERT" in written
    assert "lost in a savepoint" not in written
    assert "with a secret in it" not in written


LATE = """
from fastapi import BackgroundTasks, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
app = FastAPI()


def write():
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS t (x)"))


@app.get("/both")
def both(tasks: BackgroundTasks):
    write()
    tasks.add_task(write)
    return 1


@app.get("/in-time")
def in_time():
    write()
    return 1
"""


def test_commits_after_the_answer_are_counted(runner: Runner) -> None:
    runner.write("late.py", LATE)
    run = runner.requests("late:app", "GET /both", "GET /in-time")
    found = [
        (sum(s.operation == "COMMIT" for s in each.statements), each.late_commits) for each in run.exchanges
    ]
    assert found == [(2, 1), (1, 0)]
