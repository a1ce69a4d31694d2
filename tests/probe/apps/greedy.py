"""Routes that allocate, each in its way."""

import asyncio
import json
from typing import Any

from fastapi import FastAPI, Response, WebSocket

app = FastAPI()
MEBIBYTE = 1 << 20
kept: list[bytes] = []


@app.get("/small")
async def small() -> int:
    return 1


@app.get("/answered")
def answered() -> Response:
    body = b"x" * (8 * MEBIBYTE)  # answered
    return Response(body)


@app.get("/dropped")
async def dropped() -> int:
    rows = [bytearray(64 * 1024) for _ in range(160)]  # dropped
    await asyncio.sleep(0.1)
    size = len(rows)
    del rows
    return size


@app.get("/library")
def library() -> Any:
    return Response(json.dumps(["y" * 1000] * 5000).encode())  # library


@app.get("/unseen")
async def unseen() -> int:
    return len(b"z" * (8 * MEBIBYTE))


@app.get("/waits")
async def waits() -> None:
    kept.append(b"w" * MEBIBYTE)
    await asyncio.sleep(0.2)


@app.websocket("/socket")
async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive()
