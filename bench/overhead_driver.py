"""Drives the app of the overhead measurement in-process: `python -m overhead_driver RECORDER ROUTE REQUESTS STRETCH`.

It stands for a server, so it is no part of the code whose lines are counted. STRETCH is by how much time passes slower than
it should, as under valgrind: what samples by the clock samples as much less often.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, MutableMapping
from importlib import import_module
from typing import Any

WARM_UP = 30
ROUTES = {"trivial": "/trivial", "queries": "/shops/3/items"}
Finish = Callable[[], int]
"""Ends the recording; how much was recorded."""


def app() -> Any:
    """The module of the app, which lies beside this file where the measurement runs. Some recorders come before it, some after."""
    return import_module("overhead_app")


def nothing(_stretch: float) -> Finish:
    """No recorder, or one that has come by itself: pitstop's probe."""
    app()
    return lambda: sys.maxsize


def opentelemetry(_stretch: float) -> Finish:
    """OpenTelemetry as its documentation sets it up, with an exporter that costs nothing."""
    trace = import_module("opentelemetry.trace")
    sdk = import_module("opentelemetry.sdk.trace")
    exports = import_module("opentelemetry.sdk.trace.export")

    class Nowhere:
        spans = 0

        def export(self, spans: Any) -> Any:
            self.spans += len(spans)
            return exports.SpanExportResult.SUCCESS

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return timeout_millis > 0

        def shutdown(self) -> None:
            return None

    nowhere, provider = Nowhere(), sdk.TracerProvider()
    provider.add_span_processor(exports.BatchSpanProcessor(nowhere))
    trace.set_tracer_provider(provider)
    import_module("opentelemetry.instrumentation.fastapi").FastAPIInstrumentor.instrument_app(app().app)
    import_module("opentelemetry.instrumentation.sqlalchemy").SQLAlchemyInstrumentor().instrument(
        engine=app().engine
    )

    def finish() -> int:
        provider.shutdown()
        return nowhere.spans

    return finish


def sentry(_stretch: float) -> Finish:
    """Sentry with all requests traced, by its integrations of FastAPI and SQLAlchemy, and a transport that costs nothing."""
    sdk = import_module("sentry_sdk")
    transactions = []

    class Nowhere(import_module("sentry_sdk.transport").Transport):  # type: ignore[misc]  # known when it runs
        def capture_envelope(self, envelope: Any) -> None:
            if envelope.get_transaction_event() is not None:
                transactions.append(1)

    # They are switched on by themselves where the libraries are installed.
    sdk.init(dsn="https://key@localhost/1", transport=Nowhere, traces_sample_rate=1.0)
    app()
    assert {"fastapi", "starlette", "sqlalchemy"} <= set(sdk.get_client().integrations)
    return lambda: len(transactions)


def pyinstrument(stretch: float) -> Finish:
    """pyinstrument over the whole run, with the interval it has by default."""
    profiler = import_module("pyinstrument").Profiler(interval=0.001 * stretch, async_mode="enabled")
    app()
    profiler.start()

    def finish() -> int:
        # It samples by the clock, a few times a request at best.
        return sys.maxsize if profiler.stop().sample_count else 0

    return finish


RECORDERS = {"opentelemetry": opentelemetry, "sentry": sentry, "pyinstrument": pyinstrument}


async def drive(path: str, requests: int) -> None:
    """Send requests one after the other, as a server without a network would."""
    served = app().app
    headers = [(b"host", b"bench"), (b"user-agent", b"bench"), (b"accept", b"*/*")]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200

    for _ in range(requests):
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": list(headers),
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        await served(scope, receive, send)


if __name__ == "__main__":
    recorder, route, count, stretch = sys.argv[1:]
    finish = RECORDERS.get(recorder, nothing)(float(stretch))
    asyncio.run(drive(ROUTES[route], WARM_UP))
    before = time.perf_counter()
    asyncio.run(drive(ROUTES[route], int(count)))
    spent = time.perf_counter() - before
    assert finish() >= int(count), "not every request was recorded"
    print(spent)
