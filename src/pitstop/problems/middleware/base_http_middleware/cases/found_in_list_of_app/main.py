from fastapi import FastAPI
from fastapi.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from bases import HeaderMiddleware


class TenantMiddleware(HeaderMiddleware):
    header = "X-Tenant"


def stack() -> list[Middleware]:
    return [Middleware(GZipMiddleware, minimum_size=1000), Middleware(TenantMiddleware)]


app = FastAPI(middleware=stack())


@app.get("/ping")
async def ping() -> str:
    return "pong"
