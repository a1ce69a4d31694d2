"""`sync-route-without-blocking-work`: where `async` goes in front of `def`."""

from __future__ import annotations

from pathlib import Path

from .trees import patched, write

ROUTE = """\
from fastapi import FastAPI

app = FastAPI()


def named(name: str):
    return app.get(
        f"/{name}",
    )


@app.get("/alive", summary="Whether it runs")
def alive() -> dict[str, str]:
    return {"status": "ok"}
"""


def test_a_route_is_found_below_its_decorator(tmp_path: Path) -> None:
    root = write(tmp_path, {"main.py": ROUTE})
    patched(root, "sync-route-without-blocking-work")
    assert (root / "main.py").read_text() == ROUTE.replace("def alive", "async def alive")
