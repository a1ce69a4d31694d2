"""A run → rows of the table of spans, in the order of its columns."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Protocol

from pitstop.traces.fingerprint import dialect_of
from pitstop.traces.phases import Phase, phases_of
from pitstop.traces.records import Exchange, Frame, OutboundCall, Run


class Dimensions(Protocol):
    """The ids of what spans share."""

    def route(self, method: str, route: str) -> int: ...

    def fingerprint(self, sql: str, operation: str, dialect: str) -> int: ...

    def example(self, shape: int, stack: int, sql: str) -> None: ...

    def stack(self, frames: tuple[Frame, ...]) -> int: ...


OTHER_PATHS = "(other paths without a route)"
_PATHS = 100
"""Paths without a route that are told apart: who scans a service asks for thousands."""
_NO_FRAME = Frame("", 0, "")


class Rows:
    """The spans of a run as rows of the table."""

    def __init__(self, run: Run, dimensions: Dimensions, number: int, trace: int, span: int) -> None:
        self._run = run
        self._dimensions = dimensions
        self._number = number
        self._dialect = dialect_in(run)
        self._paths: set[str] = set()
        self.trace = trace
        self.span = span

    def __iter__(self) -> Iterator[Sequence[object]]:
        for position, exchange in enumerate(self._run.exchanges):
            yield from self._exchange(position, exchange)

    def _path(self, path: str) -> str:
        """What stands for the route of a request that came to none."""
        if len(self._paths) < _PATHS:
            self._paths.add(path)
        return path if path in self._paths else OTHER_PATHS

    def _exchange(self, position: int, exchange: Exchange) -> Iterator[Sequence[object]]:
        self.trace += 1
        self.span += 1
        root = self.span
        method, route = exchange.method, exchange.route or self._path(exchange.path)
        route_id = self._dimensions.route(method, route)
        failed = exchange.status >= 500 or bool(exchange.error)
        shared = (self._number, position)
        end = (exchange.key, exchange.test)
        yield (
            self.trace, root, 0, exchange.endpoint, "server", exchange.start_ns, exchange.duration_ns,
            "ERROR" if failed else "UNSET", exchange.error, route_id, method, route, exchange.path, exchange.query, "",
            exchange.status, exchange.request_bytes, exchange.response_bytes, 0, "", "", None, None, 0, "", 0, "",
            *shared, 0, *end, exchange.cpu_ns, exchange.loop, "", "", "", "", None, *_of_call(None),
            0, exchange.messages_in, exchange.messages_out, exchange.close_code,
            exchange.memory.peak_bytes if exchange.memory is not None else None, "", None,
        )  # fmt: skip

        def child(
            sequence: int,
            name: str,
            kind: str,
            start_ns: int,
            duration_ns: int,
            stack: int,
            *,
            call: OutboundCall | None = None,
            fingerprint_id: int = 0,
            sql: str = "",
            system: str = "",
            operation: str = "",
            target: str = "",
            batch: int | None = None,
            rows: int | None = None,
            on_loop: bool | None = None,
            parameters: str = "",
            client: str = "",
            phase: Phase | None = None,
            file: str = "",
            size: int | None = None,
        ) -> Sequence[object]:
            self.span += 1
            frames = self._run.frames(position, stack)
            stack_id = self._dimensions.stack(frames)
            if sql:
                self._dimensions.example(fingerprint_id, stack_id, sql)
            inner = frames[0] if frames else _NO_FRAME
            if phase is not None and phase.place is not None:
                inner = Frame(phase.place.path, phase.place.line, phase.place.name)
            return (
                self.trace, self.span, root, name, kind, exchange.start_ns + start_ns, duration_ns,
                "UNSET", "", route_id, call.method if call else method, route, "", "", call.url if call else "", None, None, None,
                fingerprint_id, system, operation, batch, rows, stack_id, inner.path, inner.line, inner.function,
                *shared, sequence, *end, None, on_loop, parameters, target, client,
                phase.kind if phase is not None else "", phase.own_ns if phase is not None else None, *_of_call(call),
                _turn(exchange, start_ns, self.span), None, None, None, None, file, size,
            )  # fmt: skip

        phases = phases_of(self._run, position)
        sent: dict[tuple[str, int], Phase] = {
            (phase.kind, phase.sequence): phase for phase in phases if phase.sequence >= 0
        }
        for number, statement in enumerate(exchange.statements):
            shape = self._dimensions.fingerprint(statement.sql, statement.operation, self._dialect)
            yield child(
                number,
                statement.operation or "statement",
                "client",
                statement.start_ns,
                statement.duration_ns,
                statement.stack,
                fingerprint_id=shape,
                sql=statement.sql,
                operation=statement.operation,
                rows=statement.rows,
                on_loop=statement.on_loop,
                parameters=statement.params,
                phase=sent.get(("database", number)),
            )
        for number, command in enumerate(exchange.commands):
            yield child(
                number,
                command.name,
                "client",
                command.start_ns,
                command.duration_ns,
                command.stack,
                system=command.system,
                operation=command.operation,
                target=command.target,
                batch=command.count if command.count > 1 else None,
                rows=command.rows,
                on_loop=command.on_loop,
                parameters=command.params,
                phase=sent.get((command.system, number)),
            )
        for number, call in enumerate(exchange.calls):
            yield child(
                number,
                call.method,
                "client",
                call.start_ns,
                call.duration_ns,
                call.stack,
                call=call,
                on_loop=call.on_loop,
                phase=sent.get(("outbound HTTP", number)),
            )
        for number, built in enumerate(exchange.clients):
            yield child(
                number, "http.client.build", "internal", 0, built.duration_ns, built.stack, client=built.name
            )
        for number, block in enumerate(exchange.blocks):
            yield child(
                number,
                "event_loop.block",
                "internal",
                block.start_ns,
                block.duration_ns,
                block.stack,
                on_loop=True,
            )
        for number, read in enumerate(exchange.files):
            yield child(
                number,
                "file.open",
                "internal",
                read.start_ns,
                0,
                read.stack,
                on_loop=read.on_loop,
                file=read.path,
                size=read.bytes,
            )
        for number, phase in enumerate(phase for phase in phases if phase.sequence < 0):
            took = phase.end_ns - phase.start_ns
            yield child(number, phase.name, "internal", phase.start_ns, took, phase.stack, phase=phase)


def _of_call(call: OutboundCall | None) -> tuple[object, ...]:
    """What only outbound calls have: their connecting, and what a language model was asked."""
    if call is None:
        return None, None, "", None, None, ""
    llm = call.llm
    if llm is None:
        return call.connect_ns, call.tls_ns, "", None, None, ""
    return call.connect_ns, call.tls_ns, llm.model, llm.input_tokens, llm.output_tokens, llm.prompt


def _turn(exchange: Exchange, start_ns: int, span: int) -> int:
    """After how many messages of a connection something began. What came after more than are known has a turn of its own."""
    turn = bisect_right(exchange.turns, start_ns)
    known = turn < len(exchange.turns) or exchange.messages_in + exchange.messages_out == len(exchange.turns)
    return turn if known else turn + span


def dialect_in(run: Run) -> str:
    """The dialect of the run's statements, by the first placeholder that tells."""
    for exchange in run.exchanges:
        for statement in exchange.statements:
            if found := dialect_of(statement.sql):
                return found
    return ""
