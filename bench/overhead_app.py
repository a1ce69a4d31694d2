"""The two routes of the overhead measurement, driven in-process: `python -m overhead_app RECORDER ROUTE REQUESTS`."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, MutableMapping
from importlib import import_module
from typing import Any

from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import ForeignKey, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.pool import StaticPool

WARM_UP = 30
ROUTES = {"trivial": "/trivial", "queries": "/shops/3/items"}


class Base(DeclarativeBase):
    pass


class Shop(Base):
    __tablename__ = "shop"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shop.id"), index=True)
    name: Mapped[str]
    price: Mapped[int]


class ItemOut(BaseModel):
    id: int
    name: str
    price: int


class Page(BaseModel):
    shop: str
    total: int
    dearest: int
    shops: int
    items: list[ItemOut]


engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Base.metadata.create_all(engine)
with Session(engine) as filling:
    filling.add_all(Shop(id=number, name=f"shop {number}") for number in range(1, 6))
    filling.add_all(Item(shop_id=n % 5 + 1, name=f"item {n}", price=n) for n in range(200))
    filling.commit()
Sessions = sessionmaker(engine)
app = FastAPI()


async def database() -> AsyncIterator[Session]:
    with Sessions() as session:
        yield session


@app.get("/trivial")
async def trivial() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/shops/{shop_id}/items")
async def items(shop_id: int, db: Session = Depends(database)) -> Page:  # noqa: B008  # as FastAPI wants it
    shop = db.scalars(select(Shop).where(Shop.id == shop_id)).one()
    total = db.scalar(select(func.count()).select_from(Item).where(Item.shop_id == shop_id))
    dearest = db.scalar(select(func.max(Item.price)).where(Item.shop_id == shop_id))
    shops = db.scalar(select(func.count()).select_from(Shop))
    found = db.scalars(select(Item).where(Item.shop_id == shop_id).order_by(Item.id).limit(20)).all()
    shown = [ItemOut(id=item.id, name=item.name, price=item.price) for item in found]
    return Page(shop=shop.name, total=total or 0, dearest=dearest or 0, shops=shops or 0, items=shown)


def instrument() -> None:
    """OpenTelemetry as its documentation sets it up, with an exporter that costs nothing."""
    trace = import_module("opentelemetry.trace")
    sdk = import_module("opentelemetry.sdk.trace")
    exports = import_module("opentelemetry.sdk.trace.export")

    class Nowhere:
        def export(self, spans: Any) -> Any:
            return exports.SpanExportResult.SUCCESS if spans else exports.SpanExportResult.FAILURE

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return timeout_millis > 0

        def shutdown(self) -> None:
            return None

    provider = sdk.TracerProvider()
    provider.add_span_processor(exports.BatchSpanProcessor(Nowhere()))
    trace.set_tracer_provider(provider)
    import_module("opentelemetry.instrumentation.fastapi").FastAPIInstrumentor.instrument_app(app)
    import_module("opentelemetry.instrumentation.sqlalchemy").SQLAlchemyInstrumentor().instrument(
        engine=engine
    )


async def drive(path: str, requests: int) -> None:
    """Send requests one after the other, as a server without a network would."""
    headers = [(b"host", b"bench"), (b"user-agent", b"bench"), (b"accept", b"*/*")]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200

    for _ in range(requests):
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": list(headers),
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        await app(scope, receive, send)


if __name__ == "__main__":
    recorder, route, count = sys.argv[1:]
    if recorder == "opentelemetry":
        instrument()
    asyncio.run(drive(ROUTES[route], WARM_UP))
    before = time.perf_counter()
    asyncio.run(drive(ROUTES[route], int(count)))
    print(time.perf_counter() - before)
