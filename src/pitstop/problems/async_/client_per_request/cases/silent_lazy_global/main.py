import httpx
from fastapi import FastAPI

app = FastAPI()
_clients: dict[str, httpx.AsyncClient] = {}


def client(host: str) -> httpx.AsyncClient:
    if host not in _clients:
        _clients[host] = httpx.AsyncClient(base_url=host)
    return _clients[host]


@app.get("/")
async def root() -> str:
    return (await client("https://pages.example").get("/")).text
