# ruff: noqa: ARG001, ARG002, B008, DTZ005  # as services are written
"""WebSockets in the ways services have them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, WebSocket, WebSocketDisconnect, WebSocketException
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from starlette.responses import PlainTextResponse

app = FastAPI()
router = APIRouter(prefix="/rooms")
inner = FastAPI()
engine = create_async_engine("sqlite+aiosqlite:///live.db")


async def session() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine) as opened:
        yield opened


async def count(db: AsyncSession) -> int:
    return len((await db.execute(text("SELECT 1"))).all())


@router.websocket("/{room}")
async def rooms(websocket: WebSocket, room: str, db: AsyncSession = Depends(session)) -> None:
    await websocket.accept("rooms.v1", headers=[(b"x-own", b"1")])
    with suppress(WebSocketDisconnect):
        while True:
            for _ in range(int(await websocket.receive_text())):
                await count(db)  # counts
            await websocket.send_text(f"{room}: é")


@inner.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    while True:
        await websocket.send_bytes(await websocket.receive_bytes())


@app.websocket("/refused")
async def refused(websocket: WebSocket) -> None:
    raise WebSocketException(1008)


@app.websocket("/denied")
async def denied(websocket: WebSocket) -> None:
    await websocket.send_denial_response(PlainTextResponse("teapot", 418))


@app.websocket("/broken")
async def broken(websocket: WebSocket) -> None:
    raise LookupError


@app.websocket("/breaks")
async def breaks(websocket: WebSocket) -> None:
    await websocket.accept()
    raise LookupError


@app.websocket("/blocks")
async def blocks(websocket: WebSocket) -> None:
    await websocket.accept()
    time.sleep(0.15)  # blocks
    await websocket.close(4000)


@app.websocket("/told")
async def told(websocket: WebSocket) -> None:
    await websocket.accept()
    with suppress(WebSocketDisconnect):
        while True:
            await websocket.receive_text()
            await websocket.send_text(datetime.now().isoformat())


@app.get("/http")
async def http() -> int:
    await asyncio.sleep(0)
    return 1


class Wild:
    """Speaks ASGI by itself."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "websocket.connect"


app.include_router(router, prefix="/api")
app.mount("/inner/{tenant}", inner)
app.mount("/wild", Wild())
