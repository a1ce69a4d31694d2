"""What a run says of the pools of a service's engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitstop import project
from pitstop.data import Finding, TraceEvidence
from pitstop.problems import discover
from pitstop.traces.records import Exchange, Frame, Hold, Pool, Run
from pitstop.traces.store import Traces

MS = 1_000_000
SERVICE = """\
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine(
    "postgresql+psycopg://shop@db/shop", pool_pre_ping=True, pool_size=10, max_overflow=20
)


def session():
    with Session(engine) as session:
        yield session


@app.get("/orders/count")
def count(db: Session = Depends(session)) -> int:
    return db.scalar(text("SELECT count(*) FROM orders"))
"""


def found(
    folder: Path,
    *,
    waits: int = 0,
    wait_ms: int = 20,
    requests: int = 40,
    test: str = "",
    workers: int = 1,
    limit: int | None = 97,
    line: int = 6,
) -> list[Finding]:
    """The findings of a run in which some of the requests waited."""
    (folder / "main.py").write_text(SERVICE)
    (folder / "Dockerfile").write_text(
        f'FROM python:3.12\nCMD ["uvicorn", "main:app", "--workers", "{workers}"]\n'
    )
    exchanges = tuple(
        Exchange(
            key=f"r#{n}",
            method="GET",
            path="/x",
            route="/x",
            status=200,
            test=test,
            duration_ns=300 * MS,
            holds=(
                Hold(
                    pool=1,
                    start_ns=0,
                    duration_ns=100 * MS,
                    waited_ns=wait_ms * MS if n < waits else 0,
                ),
            ),
        )
        for n in range(requests)
    )
    run = Run(
        exchanges=exchanges,
        owners=dict.fromkeys(range(requests), 1),
        stacks={(1, 3): (Frame("main.py", line, "<module>"),)},
        pools={(1, 1): Pool(id=1, kind="QueuePool", system="postgresql", size=10, overflow=20, stack=3)},
        server_limit=limit,
    )
    detector = discover()["pool-misfit"].detector
    assert detector is not None
    with Traces.load(run) as traces:
        return list(detector(traces, project.read(folder)))


def test_requests_that_waited_under_load_are_told(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, waits=8)
    assert (finding.confidence, finding.location.line) == ("certain", 6)
    (evidence,) = finding.evidence
    assert isinstance(evidence, TraceEvidence)
    assert evidence.text == (
        "GET /x waited 8 of 40 times for a connection, 20.0 ms each; it holds one for 100.0 ms, so 30 are all taken at 300 a second"
    )
    assert evidence.figures == {"waits": 8, "duration_ms": 20, "held_ms": 100, "requests": 40}


@pytest.mark.parametrize(
    "silent",
    [
        {"waits": 4},
        {"waits": 8, "requests": 400},
        {"waits": 8, "wait_ms": 4},
        {"waits": 8, "test": "test_many_at_once"},
        {"waits": 8, "line": 1},
    ],
    ids=["few", "one burst", "short", "in a test", "of another engine"],
)
def test_other_waits_are_not(tmp_path: Path, silent: dict[str, int]) -> None:
    assert found(tmp_path, **silent) == []  # type: ignore[arg-type]  # names and values of the parameters


def test_pools_that_want_more_than_the_server_takes_are_told(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, workers=4)
    assert finding.message == "the pools of all processes may open 120 connections, and the server takes 97"
    (evidence,) = finding.evidence
    assert "4 processes (Dockerfile:2)" in evidence.text


@pytest.mark.parametrize(("workers", "limit"), [(3, 90), (4, None)])
def test_pools_that_fit_or_whose_server_is_unknown_are_not(
    tmp_path: Path, workers: int, limit: int | None
) -> None:
    assert found(tmp_path, workers=workers, limit=limit) == []
    (tmp_path / "Procfile").write_text("web: uvicorn main:app --workers 40\n")
    assert found(tmp_path, workers=4) == [], "two ways to start it say otherwise"
