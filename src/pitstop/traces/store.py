"""The spans of runs in one store, to be asked in SQL; `tables` says what it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

from pitstop.temporary import TemporaryFolder
from pitstop.traces import tables
from pitstop.traces.fingerprint import collapse, fingerprint
from pitstop.traces.records import Frame, Run
from pitstop.traces.spans import Rows, dialect_in

if TYPE_CHECKING:
    import duckdb

Row = tuple[Any, ...]


class Traces:
    """The spans of one or more runs, in memory or in a file."""

    def __init__(self, path: Path | None = None) -> None:
        """Open the store at `path`, made if it is not there; None keeps it in memory."""
        import duckdb

        self._database: duckdb.DuckDBPyConnection = duckdb.connect(str(path) if path else ":memory:")
        for table, columns in tables.TABLES.items():
            made = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            self._database.execute(f"CREATE TABLE IF NOT EXISTS {table} ({made})")
        self._dimensions = _Dimensions(self)
        self.runs: list[Run] = []
        """The runs taken in since it was opened, whole: a store in a file has the spans alone of those before."""
        self._spans = self._highest("spans", "span_id")
        self._traces = self._highest("spans", "trace_id")
        self._runs = self._highest("spans", '"pitstop.run"')
        self._plans = self._highest("plans", "plan_id")
        self._pools = self._highest("pools", "pool_id")

    @classmethod
    def load(cls, run: Run, path: Path | None = None) -> Self:
        """A store with the spans of `run` in it."""
        traces = cls(path)
        traces.add(run)
        return traces

    def _highest(self, table: str, column: str) -> int:
        return int(self.sql(f"SELECT coalesce(max({column}), 0) FROM {table}")[0][0])

    def add(self, run: Run) -> None:
        """Take the spans of a run in."""
        self._runs += 1
        self.runs.append(run)
        rows = Rows(run, self._dimensions, self._runs, self._traces, self._spans)
        with TemporaryFolder("pitstop-spans-") as folder:
            self._insert(folder.path, "spans", tables.SPANS, rows)
            self._insert_plans(folder.path, run)
            self._insert_pools(folder.path, run)
            for table, columns, new in self._dimensions.take():
                self._insert(folder.path, table, columns, new)
        self._traces, self._spans = rows.trace, rows.span

    def _insert_plans(self, folder: Path, run: Run) -> None:
        dialect = dialect_in(run)
        plans: list[Sequence[object]] = []
        reads: list[Sequence[object]] = []
        steps: list[Sequence[object]] = []
        for plan in run.plans:
            self._plans += 1
            shape = self._dimensions.fingerprint(plan.sql, plan.sql.split(None, 1)[0].upper(), dialect)
            plans.append((self._plans, shape, plan.database, plan.sorts))
            for read in plan.reads:
                columns = ",".join(read.by)
                reads.append((self._plans, read.how, read.table, read.alias, read.index, columns, read.rows))
            for position, step in enumerate(plan.steps):
                steps.append((self._plans, position, step.depth, step.text, step.rows))
        self._insert(folder, "plans", tables.PLANS, plans)
        self._insert(folder, "plan_steps", tables.PLAN_STEPS, steps)
        self._insert(folder, "plan_reads", tables.PLAN_READS, reads)

    def _insert_pools(self, folder: Path, run: Run) -> None:
        """Pools that are alike, and made at the same place, are one: each process has its own of each."""
        known: dict[tuple[object, ...], int] = {}
        by_process: dict[tuple[int, int], int] = {}
        for (process, number), pool in run.pools.items():
            frames = run.stacks.get((process, pool.stack), ())
            limit = run.server_limit if pool.system == "postgresql" else None
            place = (frames[0].path, frames[0].line) if frames else ("", 0)
            row = (pool.kind, pool.system, pool.size, pool.overflow, pool.timeout_s, limit, *place)
            by_process[process, number] = known.setdefault(row, self._pools + len(known) + 1)
        self._insert(folder, "pools", tables.POOLS, [(number, *row) for row, number in known.items()])
        self._pools += len(known)
        holds = [
            (
                by_process[owner, held.pool],
                self._runs,
                position,
                held.start_ns,
                held.duration_ns,
                held.waited_ns,
            )
            for position, exchange in enumerate(run.exchanges)
            for held in exchange.holds
            if ((owner := run.owners.get(position, 0)), held.pool) in by_process
        ]
        self._insert(folder, "holds", tables.HOLDS, holds)

    def _insert(
        self, folder: Path, table: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]
    ) -> None:
        """Insert many rows at once: DuckDB reads a file of JSON far faster than it takes single rows from Python."""
        names = list(columns)
        encoder = msgspec.json.Encoder()
        path = folder / f"{table}.jsonl"
        buffer = bytearray()
        written = False
        with path.open("wb") as file:
            for row in rows:
                encoder.encode_into(dict(zip(names, row, strict=True)), buffer, -1)
                buffer += b"\n"
                if len(buffer) > 1 << 20:
                    file.write(buffer)
                    buffer.clear()
                written = True
            file.write(buffer)
        if not written:
            return
        kinds = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
        self._database.execute(
            f"INSERT INTO {table} SELECT * FROM read_json($file, format = 'newline_delimited', "
            f"columns = {{{kinds}}}, maximum_object_size = 67108864)",
            {"file": str(path)},
        )

    def sql(self, query: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[Row]:
        """The rows that a query gives. Parameters are `?`, or `$name` with a mapping."""
        return self._database.execute(query, parameters or None).fetchall()

    @staticmethod
    def quantile(column: str, level: float) -> str:
        """The SQL of a percentile, the one thing that DuckDB and ClickHouse write differently."""
        return f"quantile_cont({column}, {level})"

    def frames(self, stack_id: int) -> tuple[Frame, ...]:
        """The user frames of a stack, innermost first."""
        return tuple(
            Frame(path, line, function)
            for path, line, function in self.sql(
                'SELECT "code.file.path", "code.line.number", "code.function.name" FROM stacks '
                "WHERE stack_id = ? ORDER BY position",
                [stack_id],
            )
        )

    def close(self) -> None:
        """Close the store; one in memory is gone."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Dimensions:
    """The ids of routes, fingerprints and stacks: those the store knows, and new ones on their way into it."""

    def __init__(self, traces: Traces) -> None:
        self._routes: dict[tuple[str, str], int] = {
            (method, route): number
            for number, method, route in traces.sql(
                'SELECT route_id, "http.request.method", "http.route" FROM routes'
            )
        }
        self._fingerprints: dict[str, int] = {
            text: number
            for number, text in traces.sql('SELECT fingerprint_id, "db.query.text" FROM fingerprints')
        }
        self._stacks: dict[tuple[Frame, ...], int] = {}
        for (number,) in traces.sql("SELECT DISTINCT stack_id FROM stacks"):
            self._stacks[traces.frames(number)] = number
        self._by_text: dict[tuple[str, str], int] = {}
        self._exemplified: set[Row] = set(traces.sql("SELECT fingerprint_id, stack_id FROM examples"))
        self._new: dict[str, list[Sequence[object]]] = {
            "routes": [],
            "fingerprints": [],
            "examples": [],
            "stacks": [],
        }

    def route(self, method: str, route: str) -> int:
        key = (method, route)
        if key not in self._routes:
            self._routes[key] = len(self._routes) + 1
            self._new["routes"].append((self._routes[key], method, route, f"{method} {route}"))
        return self._routes[key]

    def fingerprint(self, sql: str, operation: str, dialect: str) -> int:
        known = self._by_text.get((dialect, sql))
        if known is not None:
            return known
        # texts that differ in values only are parsed once
        key = (dialect, collapse(sql))
        if key not in self._by_text:
            text = fingerprint(sql, dialect)
            if text not in self._fingerprints:
                self._fingerprints[text] = len(self._fingerprints) + 1
                self._new["fingerprints"].append((self._fingerprints[text], text, operation))
            self._by_text[key] = self._fingerprints[text]
        self._by_text[dialect, sql] = self._by_text[key]
        return self._by_text[key]

    def example(self, shape: int, stack: int, sql: str) -> None:
        """Keep the first text of a shape that a place sends: another place's may have other values, or another spelling."""
        if (shape, stack) not in self._exemplified:
            self._exemplified.add((shape, stack))
            self._new["examples"].append((shape, stack, sql))

    def stack(self, frames: tuple[Frame, ...]) -> int:
        if not frames:
            return 0
        if frames not in self._stacks:
            number = self._stacks[frames] = len(self._stacks) + 1
            self._new["stacks"] += [(number, i, f.path, f.line, f.function) for i, f in enumerate(frames)]
        return self._stacks[frames]

    def take(self) -> Iterator[tuple[str, Mapping[str, str], list[Sequence[object]]]]:
        """The rows that the store does not have yet, by table."""
        for table, rows in self._new.items():
            yield table, tables.TABLES[table], rows
            self._new[table] = []
