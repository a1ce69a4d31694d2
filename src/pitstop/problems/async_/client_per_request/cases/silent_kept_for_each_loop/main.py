import asyncio

import httpx
from fastapi import FastAPI

app = FastAPI()
_clients: dict[int, tuple[asyncio.AbstractEventLoop, httpx.AsyncClient]] = {}
_named: dict[str, dict[str, httpx.AsyncClient]] = {}


def client() -> httpx.AsyncClient:
    loop = asyncio.get_running_loop()
    known = _clients.get(id(loop))
    if known is not None and known[0] is loop:
        return known[1]
    made = httpx.AsyncClient()
    _clients[id(loop)] = (loop, made)
    return made


def named() -> httpx.AsyncClient:
    if "one" not in _named:
        made = httpx.AsyncClient()
        _named["one"] = {"client": made}
    return _named["one"]["client"]


@app.get("/prices")
async def prices() -> int:
    return (await client().get("https://prices.example/")).status_code


@app.get("/rates")
async def rates() -> int:
    return (await named().get("https://rates.example/")).status_code
