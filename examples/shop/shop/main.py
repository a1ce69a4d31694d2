"""The application."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.orm import sessionmaker

from shop.database import make_engine, make_sync_engine
from shop.errors import ShopError
from shop.routers import admin, auth, catalog, orders, reports, reviews, shipping, uploads, users
from shop.settings import get_settings
from shop.upstream import Upstream
from shop.webclient import PartnerUnavailable


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings = get_settings()
    engine = make_engine(settings.database_url)
    sync_engine = make_sync_engine(settings.sync_database_url)
    upstream = None
    rates_url = settings.rates_url
    if rates_url is None:
        upstream = Upstream()
        upstream.start()
        rates_url = upstream.url
    settings.upload_dir.mkdir(parents=True, exist_ok=True)
    app.state.settings = settings
    app.state.rates_url = rates_url
    app.state.countries = json.loads(settings.countries_file.read_text())
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    app.state.sync_sessions = sessionmaker(sync_engine, expire_on_commit=False)
    app.state.http = httpx.AsyncClient(base_url=rates_url, timeout=5.0)
    yield
    await app.state.http.aclose()
    await engine.dispose()
    sync_engine.dispose()
    if upstream is not None:
        await run_in_threadpool(upstream.stop)


app = FastAPI(title="Shop", lifespan=lifespan)


@app.exception_handler(ShopError)
async def shop_error(_: Request, error: ShopError) -> JSONResponse:
    return JSONResponse({"detail": error.message}, status_code=error.status)


@app.exception_handler(PartnerUnavailable)
@app.exception_handler(httpx.HTTPError)
async def partner_error(_: Request, __: Exception) -> JSONResponse:
    return JSONResponse({"detail": "A partner service does not answer"}, status_code=502)


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


app.include_router(auth.router)
app.include_router(users.router)
app.include_router(catalog.router)
app.include_router(orders.router)
app.include_router(reviews.router)
app.include_router(uploads.router)
app.include_router(shipping.router)
app.include_router(reports.router)
app.include_router(admin.router)
