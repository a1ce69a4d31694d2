# ruff: noqa: PTH123, SIM115  # as services are written
"""Routes that read files, each in its way."""

import json
import logging
import os
import traceback
from pathlib import Path

import anyio
from fastapi import FastAPI
from starlette.responses import FileResponse

app = FastAPI()
HERE = Path(__file__).parent
DATA = HERE / "data" / "prices.json"
DATA.parent.mkdir(exist_ok=True)
DATA.write_text(json.dumps(list(range(1000))))


class Storage:
    opener = open


@app.get("/open")
async def opened() -> int:
    with open(DATA) as file:  # opened
        return len(file.read())


@app.get("/thread")
def thread() -> int:
    return len(DATA.read_bytes())  # thread


@app.get("/anyio")
async def awaited() -> int:
    async with await anyio.open_file("data/prices.json") as file:  # awaited
        return len(await file.read())


@app.get("/outside")
def outside() -> int:
    with Storage().opener(os.environ["OUTSIDE"], encoding="utf-8") as file:  # type: ignore[misc]  # outside
        return len(file.read())


@app.get("/nothing")
def nothing() -> None:
    (HERE / "data" / "written.txt").write_text("x")
    with open(HERE / "data" / "written.txt", "r+") as file:
        file.write("y")
    logging.FileHandler(HERE / "data" / "app.log").close()
    with open("/proc/self/stat") as file:
        file.read()
    with open(os.devnull) as file:
        file.read()
    try:
        open(HERE / "data" / "missing.txt")
    except FileNotFoundError:
        traceback.format_exc()


@app.get("/answer")
async def answer() -> FileResponse:
    return FileResponse(DATA, media_type="application/json")


@app.get("/many")
def many() -> None:
    for _ in range(10_100):
        DATA.open().close()
