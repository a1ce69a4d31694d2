from __future__ import annotations

import json
from pathlib import Path

import pytest

from pitstop.problems.measured import repeated_statements, statements_on_loop
from pitstop.traces.connections import connections
from pitstop.traces.fingerprint import fingerprint, values_in
from pitstop.traces.flame import flame_graphs, flames
from pitstop.traces.phases import phases_of
from pitstop.traces.records import (
    Block,
    ClientBuilt,
    Command,
    Exchange,
    Frame,
    LanguageModel,
    OutboundCall,
    Run,
    Statement,
    Wait,
)
from pitstop.traces.spans import OTHER_PATHS
from pitstop.traces.store import Traces
from pitstop.traces.summary import summarise
from pitstop.traces.waterfall import slowest


def statement(sql: str, **named: int | str | bool) -> Statement:
    return Statement(sql=sql, operation=sql.split()[0].upper(), **named)  # type: ignore[arg-type]  # the record's own names


def exchange(number: int, route: str = "/users/{id}", **named: object) -> Exchange:
    values: dict[str, object] = {
        "key": f"t#{number}", "test": "t", "method": "GET", "path": f"/users/{number}", "route": route,
        "status": 200, "start_ns": 1_000, "duration_ns": 2_000_000, "cpu_ns": 1_000_000, "response_bytes": 10,
    }  # fmt: skip
    return Exchange(**(values | named))  # type: ignore[arg-type]  # the record's own names


def run(*exchanges: Exchange) -> Run:
    stacks = {
        (1, 1): (Frame("app/repo.py", 5, "load"), Frame("app/main.py", 9, "read")),
        (1, 2): (Frame("app/repo.py", 5, "load"), Frame("app/main.py", 12, "read")),
        (2, 1): (Frame("app/other.py", 1, "f"),),
    }
    return Run(exchanges=exchanges, stacks=stacks, owners=dict.fromkeys(range(len(exchanges)), 1))


def test_spans_of_a_request() -> None:
    traces = Traces.load(
        run(
            exchange(
                1,
                statements=(
                    statement(
                        "SELECT a FROM t WHERE id = 1",
                        rows=1,
                        start_ns=10,
                        duration_ns=50,
                        stack=1,
                        on_loop=True,
                    ),
                    statement(
                        "SELECT a FROM t WHERE id = 2",
                        rows=3,
                        start_ns=70,
                        duration_ns=50,
                        stack=2,
                        params="h",
                    ),
                ),
                calls=(OutboundCall(method="POST", url="http://x/y", start_ns=5, duration_ns=7, stack=1),),
                clients=(ClientBuilt(name="httpx.AsyncClient", stack=1, duration_ns=3),),
                blocks=(Block(start_ns=1, duration_ns=9, stack=2),),
            )
        )
    )
    assert traces.sql("SELECT name, kind, parent_span_id FROM spans ORDER BY span_id") == [
        ("GET /users/{id}", "server", 0),
        ("SELECT", "client", 1),
        ("SELECT", "client", 1),
        ("POST", "client", 1),
        ("http.client.build", "internal", 1),
        ("event_loop.block", "internal", 1),
    ]
    assert traces.sql(
        'SELECT start_time_unix_nano, "db.response.returned_rows", "code.file.path", "code.line.number", stack_id, '
        '"pitstop.on_loop", "pitstop.parameters" FROM spans WHERE fingerprint_id > 0 ORDER BY span_id'
    ) == [(1_010, 1, "app/repo.py", 5, 1, True, ""), (1_070, 3, "app/repo.py", 5, 2, False, "h")]
    assert traces.sql('SELECT "db.query.text" FROM fingerprints') == [("SELECT a FROM t WHERE id = ?",)]
    assert traces.sql("SELECT * FROM examples ORDER BY ALL") == [
        (1, 1, "SELECT a FROM t WHERE id = 1"),
        (1, 2, "SELECT a FROM t WHERE id = 2"),
    ]
    assert traces.frames(2) == (Frame("app/repo.py", 5, "load"), Frame("app/main.py", 12, "read"))
    assert traces.sql('SELECT "url.full" FROM spans WHERE name = ?', ["POST"]) == [("http://x/y",)]
    assert traces.sql(
        'SELECT "pitstop.client" FROM spans WHERE name = $name', {"name": "http.client.build"}
    ) == [("httpx.AsyncClient",)]


def test_stacks_belong_to_their_process() -> None:
    one, two = (
        exchange(1, statements=(statement("SELECT 1", stack=1),)),
        exchange(2, statements=(statement("SELECT 1", stack=1),)),
    )
    base = run(one, two)
    both = Run(exchanges=base.exchanges, stacks=base.stacks, owners={0: 1, 1: 2})
    files = Traces.load(both).sql(
        'SELECT "code.file.path" FROM spans WHERE fingerprint_id > 0 ORDER BY span_id'
    )
    assert files == [("app/repo.py",), ("app/other.py",)]


def test_a_second_run_and_a_store_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a b é.duckdb"
    same = run(exchange(1, statements=(statement("SELECT 1 FROM t", stack=1),)))
    with Traces.load(same, path) as traces:
        traces.add(same)
    with Traces(path) as traces:
        traces.add(run(exchange(2, route="/other", statements=(statement("SELECT 2 FROM u", stack=2),))))
        assert traces.sql('SELECT DISTINCT "pitstop.run" FROM spans ORDER BY 1') == [(1,), (2,), (3,)]
        assert traces.sql(
            "SELECT count(*), count(DISTINCT span_id), count(DISTINCT trace_id) FROM spans"
        ) == [(6, 6, 3)]
        for table, key, count in (
            ("routes", "route_id", 2),
            ("fingerprints", "fingerprint_id", 2),
            ("examples", "fingerprint_id", 2),
            ("stacks", "stack_id", 2),
        ):
            assert traces.sql(f"SELECT count(DISTINCT {key}) FROM {table}") == [(count,)]
        assert traces.sql("SELECT count(*) FROM stacks") == [(4,)]
        assert traces.sql("SELECT count(*) FROM examples") == [(2,)]
        traces.add(same)
        assert traces.sql("SELECT count(*) FROM examples") == [(2,)]


def test_no_requests() -> None:
    traces = Traces.load(Run())
    assert traces.sql("SELECT count(*) FROM spans") == [(0,)]
    assert summarise(traces) == ()


def test_commands_are_no_statements() -> None:
    commands = (
        Command(
            system="redis", operation="GET", target="user:?", duration_ns=2_000_000, stack=1, on_loop=True
        ),
        Command(system="redis", operation="PIPELINE", count=5, params="h", duration_ns=4_000_000, stack=1),
    )
    traces = Traces.load(run(exchange(1, commands=commands), exchange(2)))
    assert traces.sql(
        'SELECT name, kind, "db.system.name", "db.operation.name", "db.operation.batch.size", "pitstop.target", '
        '"pitstop.parameters", "pitstop.on_loop", fingerprint_id, duration_nano FROM spans WHERE kind <> \'server\' '
        "ORDER BY span_id"
    ) == [
        ("GET user:?", "client", "redis", "GET", None, "user:?", "", True, 0, 2_000_000),
        ("PIPELINE", "client", "redis", "PIPELINE", 5, "", "h", False, 0, 4_000_000),
    ]
    assert statements_on_loop(traces) == repeated_statements(traces, 1) == []
    (route,) = summarise(traces)
    assert (route.statements, route.database_ms) == (0, 0)
    assert (route.commands, route.commands_ms) == (3, 3)


def test_connecting_and_tokens_of_calls() -> None:
    model = LanguageModel(model="small", prompt="h", input_tokens=7, output_tokens=5)
    streamed = LanguageModel(model="small", prompt="h")
    calls = (
        OutboundCall(
            method="POST", url="http://x/v1/embeddings", connect_ns=3_000_000, tls_ns=1_000_000, llm=model
        ),
        OutboundCall(method="POST", url="http://x/v1/completions", llm=streamed),
        OutboundCall(method="GET", url="http://x/y"),
    )
    traces = Traces.load(run(exchange(1, calls=calls), exchange(2)))
    assert traces.sql(
        'SELECT "http.request.method", "pitstop.connect_nano", "pitstop.tls_nano", "gen_ai.request.model", '
        '"gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "pitstop.prompt" FROM spans '
        "WHERE kind = 'client' ORDER BY span_id"
    ) == [
        ("POST", 3_000_000, 1_000_000, "small", 7, 5, "h"),
        ("POST", 0, 0, "small", None, None, "h"),
        ("GET", 0, 0, "", None, None, ""),
    ]
    (route,) = summarise(traces)
    assert (route.calls, route.connecting_ms, route.tokens) == (1.5, 2.0, 6.0)


def test_commands_and_calls_in_waterfalls_and_flame_graphs() -> None:
    moments = (6, 1_000_100, 21, 1_900_000)
    traces = Traces.load(
        run(
            exchange(
                1,
                origin=1_000_000,
                duration_ns=1_000_000,
                moments=moments,
                calls=(
                    OutboundCall(
                        method="POST",
                        url="http://x/v1/embeddings",
                        start_ns=20_000,
                        duration_ns=5_000,
                        llm=LanguageModel(model="small", prompt="h"),
                    ),
                ),
                commands=(
                    Command(
                        system="redis",
                        operation="GET",
                        target="a:?",
                        start_ns=1_000,
                        duration_ns=5_000,
                        stack=1,
                    ),
                    Command(
                        system="redis",
                        operation="GET",
                        target="a:?",
                        start_ns=9_000,
                        duration_ns=5_000,
                        stack=1,
                    ),
                ),
            )
        )
    )
    (request,) = slowest(traces)
    (step,) = [step for step in request.steps if step.kind == "redis"]
    assert (step.name, step.times, step.path, step.line) == ("GET a:?", 2, "app/repo.py", 5)
    (asked,) = [step for step in request.steps if step.kind == "outbound HTTP"]
    assert asked.name == "POST http://x/v1/embeddings small"
    (route,) = summarise(traces)
    (phase,) = [phase for phase in route.phases if phase.kind == "redis"]
    assert (phase.ms, phase.name, phase.path) == (0.01, "", "")
    (flame,) = flames(traces)
    (read,) = [box for box in flame.boxes if box.name == "read"]
    (load,) = read.inner
    (get,) = load.inner
    assert (flame.route, flame.requests) == ("GET /users/{id}", 1)
    assert (get.name, get.kind, get.ms, get.inner) == ("GET a:?", "redis", 0.01, ())
    assert (load.ms, load.path, load.kind) == (0.01, "app/repo.py", "")
    assert sum(box.ms for box in flame.boxes) == pytest.approx(1.0, rel=0.02), "all of the request"
    graphs = json.loads(flame_graphs(traces))
    names = [frame["name"] for frame in graphs["shared"]["frames"]]
    (profile,) = graphs["profiles"]
    weights = {
        tuple(names[n] for n in sample): weight
        for sample, weight in zip(profile["samples"], profile["weights"], strict=True)
    }
    assert weights["read", "load", "GET a:?"] == 10_000


def test_odd_texts_survive() -> None:
    odd = 'quote " back \\ new\nline \u2028 é 🦆 \x00'
    traces = Traces.load(run(exchange(1, error=odd, path="/" + odd, route="")))
    assert traces.sql('SELECT status_message, "url.path", "http.route" FROM spans') == [
        (odd, "/" + odd, "/" + odd)
    ]


def test_many_spans_of_one_shape_are_parsed_once() -> None:
    statements = tuple(statement(f"SELECT a FROM t WHERE id = {n}") for n in range(20_000))
    traces = Traces.load(run(exchange(1, statements=statements)))
    assert traces.sql("SELECT count(*) FROM fingerprints") == [(1,)]
    assert traces.sql("SELECT example FROM examples") == [("SELECT a FROM t WHERE id = 0",)]
    assert traces.sql("SELECT count(*), max(\"pitstop.sequence\") FROM spans WHERE kind = 'client'") == [
        (20_000, 19_999)
    ]


def test_very_many_paths_without_a_route_are_one() -> None:
    asked = [
        exchange(number, route="", path=f"/wp-admin/{number % 300}", status=404) for number in range(600)
    ]
    traces = Traces.load(run(*asked, exchange(1)))
    found = {each.route: each.requests for each in summarise(traces)}
    assert len(found) == 102
    assert found["GET /wp-admin/7"] == 2
    assert found[f"GET {OTHER_PATHS}"] == 400
    assert found["GET /users/{id}"] == 1
    assert traces.sql("SELECT count(DISTINCT \"url.path\") FROM spans WHERE kind = 'server'") == [(301,)]


def test_spans_that_overlap_by_the_thousand() -> None:
    """Each waits for a connection while all others do: time that grows with the square would not end."""
    count = 20_000
    waits = tuple(Wait(kind="connection wait", start_ns=n, duration_ns=count + 10 * n) for n in range(count))
    moments = (1, 500)
    one = exchange(1, duration_ns=12 * count, waits=waits, moments=moments, origin=0)
    found = phases_of(run(one), 0)
    assert sum(phase.own_ns for phase in found) == 12 * count
    assert found[-1].start_ns == count - 1
    assert found[-1].own_ns == count + 10 * (count - 1)


def test_summary() -> None:
    first, second = summarise(
        Traces.load(
            run(
                exchange(
                    1, duration_ns=1_000_000, statements=(statement("SELECT 1", rows=4, duration_ns=500_000),)
                ),
                exchange(
                    2,
                    duration_ns=3_000_000,
                    response_bytes=30,
                    request_bytes=7,
                    blocks=(Block(start_ns=0, duration_ns=2_000_000),),
                ),
                exchange(3, route="/slow", status=503, duration_ns=9_000_000),
            )
        )
    )
    assert (first.route, first.requests, first.errors) == ("GET /slow", 1, 1)
    assert (second.requests, second.errors) == (2, 0)
    assert (second.p50_ms, second.cpu_ms, second.statements, second.rows) == (2.0, 1.0, 0.5, 2.0)
    assert (second.database_ms, second.blocked_ms, second.bytes) == (0.25, 1.0, 20.0)
    assert (first.bytes_in, second.bytes_in) == (0.0, 3.5)
    assert second.p95_ms == pytest.approx(2.9)


def connection(number: int, **named: object) -> Exchange:
    values: dict[str, object] = {
        "method": "WEBSOCKET",
        "route": "/ws/{id}",
        "status": 101,
        "cpu_ns": 0,
        "close_code": 1000,
    }
    return exchange(number, **(values | named))  # type: ignore[arg-type]  # as above


def test_connections_have_figures_of_their_own() -> None:
    made = run(
        exchange(1),
        connection(
            2, duration_ns=3_000_000_000, messages_in=3, messages_out=1, request_bytes=9,
            statements=(statement("SELECT 1", rows=4, duration_ns=500_000),), blocks=(Block(start_ns=0, duration_ns=2_000_000),),
        ),
        connection(3, duration_ns=1_000_000_000, close_code=0, response_bytes=0),
        connection(4, status=403, duration_ns=0, close_code=1008, error="builtins.LookupError", response_bytes=0),
        connection(5, route="/quiet", close_code=1000),
    )  # fmt: skip
    with Traces.load(made) as traces:
        (answered,), (first, quiet) = summarise(traces), connections(traces)
        slow = slowest(traces)
    assert answered.route == "GET /users/{id}"
    assert {each.route for each in slow} == {"GET /users/{id}"}
    assert (first.route, first.connections, first.refused, first.errors) == ("WEBSOCKET /ws/{id}", 3, 1, 1)
    assert first.open_s == pytest.approx(4 / 3)
    assert (first.messages_in, first.bytes_in) == (1.0, 3.0)
    assert first.messages_out == first.statements == pytest.approx(1 / 3)
    assert first.rows == pytest.approx(4 / 3)
    assert first.database_ms == pytest.approx(0.5 / 3)
    assert first.blocked_ms == pytest.approx(2 / 3)
    assert first.close_codes == {1000: 1, 1008: 1}
    assert (quiet.route, quiet.close_codes) == ("WEBSOCKET /quiet", {1000: 1})


def test_what_a_connection_does_counts_anew_with_each_message() -> None:
    at = (0, 1, 2, 11, 12, 13, 14, 21)
    sent = tuple(statement("SELECT 1", start_ns=start, stack=1) for start in at)
    whole = connection(1, turns=(10, 20), messages_in=1, messages_out=1, statements=sent)
    cut = connection(2, turns=(10,), messages_in=1, messages_out=1, statements=sent)
    alike = exchange(3, statements=sent)
    with Traces.load(run(whole, cut, alike)) as traces:
        groups = {group.route: group.counts for group in repeated_statements(traces)}
    assert sorted(groups["WEBSOCKET /ws/{id}"]) == [3, 3, 4]
    assert groups["GET /users/{id}"] == [8]


@pytest.mark.parametrize(
    ("dialect", "first", "second"),
    [
        ("sqlite", "SELECT a FROM t WHERE id IN (1, 2)", "select a\nfrom t where id in (?, ?, ?)"),
        ("postgres", "SELECT a FROM t WHERE id = $1::INTEGER", "SELECT a FROM t WHERE id = %(id_1)s"),
        (
            "postgres",
            "INSERT INTO t (a, b) VALUES ($1, now()), ($2, now())",
            "INSERT INTO t (a, b) VALUES ($1, now())",
        ),
        ("", "SELECT 'it''s', a -- x\n FROM t", "SELECT 'b', a /* ' */ FROM t"),
        ("postgres", "SELECT a FROM t WHERE b = 'x' LIMIT 5", "SELECT a FROM t WHERE b = 'y''z' LIMIT 50"),
        ("", "ROLLBACK TO SAVEPOINT sa_savepoint_1", "ROLLBACK TO SAVEPOINT sa_savepoint_12"),
        ("", "this is no SQL 1", "this is   no SQL 2"),
    ],
)
def test_same_shape(dialect: str, first: str, second: str) -> None:
    assert fingerprint(first, dialect) == fingerprint(second, dialect)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("SELECT a FROM t1", "SELECT a FROM t2"),
        ("SELECT a1 FROM t", "SELECT a2 FROM t"),
        ("SELECT a FROM t WHERE b IS NULL", "SELECT a FROM t WHERE b IS NOT NULL"),
        ("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b > 1"),
        ("SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY a DESC"),
        ('SELECT "a 1" FROM t', 'SELECT "a 2" FROM t'),
        ("SELECT a FROM t", "SELECT a FROM t LIMIT 1"),
    ],
)
def test_other_shape(first: str, second: str) -> None:
    for dialect in ("", "sqlite", "postgres"):
        assert fingerprint(first, dialect) != fingerprint(second, dialect)


@pytest.mark.parametrize(
    "sql", ["", " ", "'", "/* open", "$$", "(((", "SELECT", "\x00", "SELECT " + "(" * 500]
)
def test_a_fingerprint_of_anything(sql: str) -> None:
    once = fingerprint(sql)
    assert fingerprint(once) == once


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        (
            "SELECT a1, 'it''s' FROM t WHERE b = 3.5 -- of 7\nAND c = 'x -- y' LIMIT 20",
            ("'it''s'", "'x -- y'", "3.5", "20"),
        ),
        ("SELECT t1.a FROM t1 WHERE a = $1 AND b IN (?, ?) AND c = %(c_1)s AND d = :d2 /* 9 */", ()),
        ('SELECT "2" FROM t_3', ()),
    ],
)
def test_values_that_are_written_into_a_statement(sql: str, values: tuple[str, ...]) -> None:
    assert values_in(sql) == values


def test_what_goes_on_after_the_answer_is_told_apart() -> None:
    steps = (
        Command(system="redis", operation="GET", target="a:?", start_ns=1_000_000, duration_ns=5_000_000),
        Command(system="redis", operation="SET", target="b:?", start_ns=3_000_000, duration_ns=1_000_000),
        Command(system="redis", operation="DEL", target="c:?", start_ns=5_000_000, duration_ns=2_000_000),
    )
    moments = (6, 1_000_100, 21, 4_900_000)
    made = exchange(1, origin=1_000_000, duration_ns=4_000_000, moments=moments, commands=steps)
    with Traces.load(run(made)) as traces:
        (request,) = slowest(traces)
    after = {step.name: step.after_ms for step in request.steps if step.kind == "redis"}
    assert after == {"GET a:?": 2.0, "SET b:?": 0.0, "DEL c:?": 2.0}
