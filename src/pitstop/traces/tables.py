"""The tables of the store of spans, with OpenTelemetry's names (those with dots are quoted: `"http.route"`):

- `spans`: one row a span. A request is a span of kind `server`; below it are its statements (`client`, with `fingerprint_id`
  and `db.operation.name`), commands to other stores (`client`, with `db.system.name`), outbound calls (`client`, with `url.full`), and as `internal` what the probe alone sees: HTTP
  clients built, moments when the event loop stood still, files opened to be read, and phases. `name` of the first three:
  `http.client.build`, `event_loop.block`, `file.open`; of a phase what it is and of whom: `dependency get_db`. A WebSocket
  connection is such a span of the method `WEBSOCKET`, with `pitstop.messages_in`, `pitstop.messages_out` and
  `pitstop.close_code`; its duration is its client's.
- `routes (route_id, "http.request.method", "http.route", route)`, `route` being both: `GET /users/{id}`;
  without a route, the path, and of very many such paths that they are others.
- `fingerprints (fingerprint_id, "db.query.text", "db.operation.name")`: the shape of a statement.
- `examples (fingerprint_id, stack_id, example)`: one real text of a shape for each place that sent it.
- `plans (plan_id, fingerprint_id, "db.system.name", sorts)` and `plan_reads (plan_id, access, "db.collection.name", alias, index, columns,
  rows)`: how the database meant to carry a statement out. `access` is `scan` or `search`, `columns` those looked up, by commas. `plan_steps (plan_id,
  position, depth, text, rows)` is all of it as the database says it, as a tree is printed.
- `pools (pool_id, kind, "db.system.name", size, overflow, timeout_s, server_limit, "code.file.path", "code.line.number")`: how the pools of connections
  are set that requests used (null: any number), and where they are made; `holds (pool_id, "pitstop.run", "pitstop.exchange", start_nano, duration_nano,
  waited_nano)`: when a request held a connection of one, and how long it had waited for it.
- `stacks (stack_id, position, "code.file.path", "code.line.number", "code.function.name")`: user frames, position 0 innermost.

Times are nanoseconds. Ids are integers from 1; 0 stands for none. Nothing but plain SQL is needed, and it runs on
ClickHouse too, but for percentiles: `quantile`.
"""

from __future__ import annotations

from pitstop.budgets import TRANSACTION

COUNTS = f"fingerprint_id > 0 AND name NOT IN {tuple(sorted(TRANSACTION))}"
"""Whether a span is a statement that counts as one, in SQL."""

SPANS = {
    "trace_id": "BIGINT",
    "span_id": "BIGINT",
    "parent_span_id": "BIGINT",
    "name": "VARCHAR",
    "kind": "VARCHAR",
    "start_time_unix_nano": "BIGINT",
    "duration_nano": "BIGINT",
    "status_code": "VARCHAR",
    "status_message": "VARCHAR",
    "route_id": "INTEGER",
    "http.request.method": "VARCHAR",
    "http.route": "VARCHAR",
    "url.path": "VARCHAR",
    "url.query": "VARCHAR",
    "url.full": "VARCHAR",
    "http.response.status_code": "INTEGER",
    "http.request.body.size": "BIGINT",
    "http.response.body.size": "BIGINT",
    "fingerprint_id": "INTEGER",
    "db.system.name": "VARCHAR",
    "db.operation.name": "VARCHAR",
    "db.operation.batch.size": "INTEGER",
    "db.response.returned_rows": "BIGINT",
    "stack_id": "INTEGER",
    "code.file.path": "VARCHAR",
    "code.line.number": "INTEGER",
    "code.function.name": "VARCHAR",
    "pitstop.run": "INTEGER",
    "pitstop.exchange": "BIGINT",
    "pitstop.sequence": "INTEGER",
    "pitstop.key": "VARCHAR",
    "pitstop.test": "VARCHAR",
    "pitstop.cpu_nano": "BIGINT",
    "pitstop.on_loop": "BOOLEAN",
    "pitstop.parameters": "VARCHAR",
    "pitstop.target": "VARCHAR",
    "pitstop.client": "VARCHAR",
    "pitstop.phase": "VARCHAR",
    "pitstop.own_nano": "BIGINT",
    "pitstop.connect_nano": "BIGINT",
    "pitstop.tls_nano": "BIGINT",
    "gen_ai.request.model": "VARCHAR",
    "gen_ai.usage.input_tokens": "BIGINT",
    "gen_ai.usage.output_tokens": "BIGINT",
    "pitstop.prompt": "VARCHAR",
    "pitstop.turn": "BIGINT",
    "pitstop.messages_in": "BIGINT",
    "pitstop.messages_out": "BIGINT",
    "pitstop.close_code": "INTEGER",
    "pitstop.peak_bytes": "BIGINT",
    "file.path": "VARCHAR",
    "file.size": "BIGINT",
}
"""`pitstop.exchange` is the position of the request in its run, `pitstop.sequence` that of a span among its siblings, and
`pitstop.parameters` a hash that tells whether two statements had the same values; `pitstop.client` names an HTTP client
that was built. `db.system.name`, `db.operation.batch.size` (of a pipeline)
and `pitstop.target` (the shape of a key) are those of commands alone. `pitstop.phase` is a kind of `phases`, and `pitstop.own_nano` the time that nothing within the span
accounts for: of all spans below a request they add up to all of it. Outbound calls have `pitstop.connect_nano` and `pitstop.tls_nano`, what opening
and securing a connection took of them, and those to language models `gen_ai.…`: tokens are null where the answer did not tell
them, and `pitstop.prompt` is a hash that tells whether two asked the same. `pitstop.turn` is after how many messages of its connection a span began, 0 in
a request; `pitstop.peak_bytes` what a request had allocated at most, where that was measured."""

ROUTES = {
    "route_id": "INTEGER",
    "http.request.method": "VARCHAR",
    "http.route": "VARCHAR",
    "route": "VARCHAR",
}
FINGERPRINTS = {
    "fingerprint_id": "INTEGER",
    "db.query.text": "VARCHAR",
    "db.operation.name": "VARCHAR",
}
EXAMPLES = {
    "fingerprint_id": "INTEGER",
    "stack_id": "INTEGER",
    "example": "VARCHAR",
}
STACKS = {
    "stack_id": "INTEGER",
    "position": "INTEGER",
    "code.file.path": "VARCHAR",
    "code.line.number": "INTEGER",
    "code.function.name": "VARCHAR",
}
PLANS = {
    "plan_id": "INTEGER",
    "fingerprint_id": "INTEGER",
    "db.system.name": "VARCHAR",
    "sorts": "INTEGER",
}
PLAN_READS = {
    "plan_id": "INTEGER",
    "access": "VARCHAR",
    "db.collection.name": "VARCHAR",
    "alias": "VARCHAR",
    "index": "VARCHAR",
    "columns": "VARCHAR",
    "rows": "BIGINT",
}
PLAN_STEPS = {
    "plan_id": "INTEGER",
    "position": "INTEGER",
    "depth": "INTEGER",
    "text": "VARCHAR",
    "rows": "BIGINT",
}
POOLS = {
    "pool_id": "INTEGER",
    "kind": "VARCHAR",
    "db.system.name": "VARCHAR",
    "size": "INTEGER",
    "overflow": "INTEGER",
    "timeout_s": "DOUBLE",
    "server_limit": "INTEGER",
    "code.file.path": "VARCHAR",
    "code.line.number": "INTEGER",
}
HOLDS = {
    "pool_id": "INTEGER",
    "pitstop.run": "INTEGER",
    "pitstop.exchange": "BIGINT",
    "start_nano": "BIGINT",
    "duration_nano": "BIGINT",
    "waited_nano": "BIGINT",
}
TABLES = {
    "spans": SPANS,
    "routes": ROUTES,
    "fingerprints": FINGERPRINTS,
    "examples": EXAMPLES,
    "stacks": STACKS,
    "plans": PLANS,
    "plan_reads": PLAN_READS,
    "plan_steps": PLAN_STEPS,
    "pools": POOLS,
    "holds": HOLDS,
}
