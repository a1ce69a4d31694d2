"""Runs made by hand, for tests of the comparison."""

from __future__ import annotations

import base64
import json
from typing import Any

import msgspec

from pitstop.traces.bodies import Body
from pitstop.traces.records import Exchange, OpenAPI, Run, TestOutcome


def exchange(number: int = 1, body: Any = None, *, raw: bytes | None = None, **given: Any) -> Exchange:
    """The n-th exchange of one test. `body` is sent as JSON, `raw` as it is."""
    sent = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
    fields: dict[str, Any] = {
        "key": f"t.py::test#{number}",
        "test": "t.py::test",
        "method": "GET",
        "path": "/items",
        "route": "/items",
        "status": 200,
        "response_headers": (("content-type", "application/json"), ("content-length", str(len(sent)))),
        "response_body": Body(base64.b64encode(sent).decode()),
        "response_bytes": len(sent),
    }
    return Exchange(**{**fields, **given})


def run(*exchanges: Exchange, **given: Any) -> Run:
    """A run of these exchanges."""
    return Run(exchanges=exchanges, **given)


def answering(*bodies: Any) -> Run:
    """A run whose exchanges answered with these JSON bodies."""
    return run(*(exchange(number, body) for number, body in enumerate(bodies, 1)))


def ended(**outcomes: str) -> Run:
    """A run whose tests ended so."""
    return Run(
        tests=tuple(
            TestOutcome(id=name, outcome=end, message=f"why\nE {end}") for name, end in outcomes.items()
        )
    )


def promising(document: Any, app: str = "") -> Run:
    """A run of an app with this OpenAPI document."""
    return Run(openapi=(OpenAPI(document=msgspec.Raw(json.dumps(document).encode()), app=app),))
