"""Drives the app of the overhead measurement in-process: `python -m overhead_driver RECORDER ROUTE REQUESTS`.

It stands for a server, so it is no part of the code whose lines are counted.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import MutableMapping
from importlib import import_module
from typing import Any

APP = import_module("overhead_app")  # it lies beside this file where the measurement runs
WARM_UP = 30
ROUTES = {"trivial": "/trivial", "queries": "/shops/3/items"}


def instrument() -> None:
    """OpenTelemetry as its documentation sets it up, with an exporter that costs nothing."""
    trace = import_module("opentelemetry.trace")
    sdk = import_module("opentelemetry.sdk.trace")
    exports = import_module("opentelemetry.sdk.trace.export")

    class Nowhere:
        def export(self, spans: Any) -> Any:
            return exports.SpanExportResult.SUCCESS if spans else exports.SpanExportResult.FAILURE

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return timeout_millis > 0

        def shutdown(self) -> None:
            return None

    provider = sdk.TracerProvider()
    provider.add_span_processor(exports.BatchSpanProcessor(Nowhere()))
    trace.set_tracer_provider(provider)
    import_module("opentelemetry.instrumentation.fastapi").FastAPIInstrumentor.instrument_app(APP.app)
    import_module("opentelemetry.instrumentation.sqlalchemy").SQLAlchemyInstrumentor().instrument(
        engine=APP.engine
    )


async def drive(path: str, requests: int) -> None:
    """Send requests one after the other, as a server without a network would."""
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
        await APP.app(scope, receive, send)


if __name__ == "__main__":
    recorder, route, count = sys.argv[1:]
    if recorder == "opentelemetry":
        instrument()
    asyncio.run(drive(ROUTES[route], WARM_UP))
    before = time.perf_counter()
    asyncio.run(drive(ROUTES[route], int(count)))
    print(time.perf_counter() - before)
