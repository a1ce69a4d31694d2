"""Parcels that a carrier takes: quotes, labels, tracking, and shops that are told of it."""

from __future__ import annotations

import asyncio
import hmac
import logging
import os
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

import httpx
from fastapi import BackgroundTasks, Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from redis.asyncio import Redis

from parcels import store
from parcels.carrier import Carrier, CarrierError, signature, tell

log = logging.getLogger("parcels")
SHOPS = {"shop-a": 8, "shop-b": 3, "shop-ops": 100}
ZONES = {"DE": "home", "AT": "near", "CH": "near", "FR": "near"}
MARGIN = 1.15


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with httpx.AsyncClient(verify=False) as client:
        app.state.client = client
        app.state.carrier = Carrier(client, os.environ["PARCELS_CARRIER"])
        app.state.redis = Redis.from_url(os.environ["PARCELS_REDIS"], decode_responses=True)
        app.state.hooks = {"shop-a": os.environ.get("PARCELS_HOOK", "")}
        app.state.current = ""
        yield
        await app.state.redis.aclose()


app = FastAPI(title="Parcels", lifespan=lifespan)


@app.exception_handler(CarrierError)
async def carrier_failed(request: Request, error: CarrierError) -> JSONResponse:
    log.error("no carrier for %s", request.url.path)
    status = 503 if error.status == 503 else 502
    headers = {"Retry-After": "30"} if status == 503 else {}
    return JSONResponse({"error": "carrier", "status": error.status}, status_code=status, headers=headers)


def redis_of(request: Request) -> Redis:
    return request.app.state.redis


def carrier_of(request: Request) -> Carrier:
    return request.app.state.carrier


Store = Annotated[Redis, Depends(redis_of)]
TheCarrier = Annotated[Carrier, Depends(carrier_of)]


async def shop_of(redis: Store, response: Response, x_shop: Annotated[str, Header()] = "") -> str:
    if x_shop not in SHOPS:
        raise HTTPException(401, "unknown shop")
    minute = int(datetime.now(UTC).timestamp()) // 86_400
    left = await store.spend(redis, x_shop, minute, SHOPS[x_shop])
    if left < 0:
        raise HTTPException(429, "too many requests", headers={"Retry-After": "60", "X-Left": "0"})
    response.headers["X-Left"] = str(left)
    return x_shop


Shop = Annotated[str, Depends(shop_of)]


class Parcel(BaseModel):
    receiver: str = Field(min_length=1)
    country: str = Field(min_length=2, max_length=2)
    grams: int = Field(gt=0, le=31_500)
    service: str = "standard"
    note: str | None = None


class Batch(BaseModel):
    parcels: list[Parcel] = Field(max_length=10)


class Event(BaseModel):
    tracking: str
    number: int
    status: str


def zone_of(country: str) -> str:
    return ZONES.get(country.upper(), "far")


def price(rates: dict[str, int], grams: int, service: str) -> float:
    kilos = grams / 1000
    base = rates["base"] + rates["per_kilo"] * kilos
    if service == "express":
        base *= 1.5
    return round(base * MARGIN / 100, 2)


async def rates_of(redis: Redis, carrier: Carrier, zone: str) -> dict[str, int]:
    rates = await store.cached_rates(redis, zone)
    if rates is None:
        rates = await carrier.rates(zone)
        await store.keep_rates(redis, zone, rates)
    return rates


def shown(number: int, shipment: dict[str, str]) -> dict[str, object]:
    return {
        "number": number,
        "receiver": shipment["receiver"],
        "zone": shipment["zone"],
        "status": shipment["status"],
        "tracking": shipment.get("tracking") or None,
        "price": float(shipment["price"]),
        "created_at": shipment["created_at"],
    }


async def found(redis: Redis, number: int, shop: str) -> dict[str, str]:
    shipment = await store.load(redis, number)
    if not shipment or (shipment["shop"] != shop and shop != "shop-ops"):
        raise HTTPException(404, "no such shipment")
    return shipment


async def after_shipping(app: FastAPI, shop: str, number: int, tracking: str) -> None:
    redis: Redis = app.state.redis
    await store.note(redis, {"what": "shipped", "number": number, "shop": shop})
    hook = app.state.hooks.get(shop)
    if hook:
        await tell(app.state.client, hook, {"number": number, "tracking": tracking, "event": "shipped"})


def after_cancelling(number: int, cents: int) -> None:
    if cents > 5_000:
        log.error("a dear shipment was cancelled: %s", number)
    log.info("refund of %s cents for %s", cents, number)


async def count_pickup(app: FastAPI, day: str) -> None:
    count = await app.state.redis.incr(f"pickup:{day}")
    if count % 2 == 0:
        await app.state.carrier.pickup(day, count)


# --- quotes ---


@app.get("/quotes")
async def quote(
    shop: Shop,
    redis: Store,
    carrier: TheCarrier,
    country: str,
    grams: Annotated[int, Query(gt=0)],
    service: str = "standard",
) -> dict[str, object]:
    zone = zone_of(country)
    rates = await rates_of(redis, carrier, zone)
    return {"zone": zone, "price": price(rates, grams, service), "currency": "EUR"}


@app.get("/quotes/all")
async def quotes(shop: Shop, redis: Store, carrier: TheCarrier, grams: int) -> list[dict[str, object]]:
    offers = []
    for zone in ("home", "near", "far"):
        rates = await rates_of(redis, carrier, zone)
        for service in ("standard", "express"):
            offers.append({"zone": zone, "service": service, "price": price(rates, grams, service)})
    offers.sort(key=lambda offer: offer["price"])
    return offers


# --- shipments ---


async def ship(redis: Redis, carrier: Carrier, shop: str, parcel: Parcel) -> tuple[int, dict[str, str]]:
    zone = zone_of(parcel.country)
    rates = await rates_of(redis, carrier, zone)
    tracking = await carrier.label(parcel.receiver, parcel.grams, parcel.service)
    number = await store.next_number(redis)
    shipment = {
        "shop": shop,
        "receiver": parcel.receiver,
        "zone": zone,
        "status": "labelled",
        "tracking": tracking,
        "price": str(price(rates, parcel.grams, parcel.service)),
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if parcel.note is not None:
        shipment["note"] = parcel.note
    await store.save(redis, number, shipment)
    return number, shipment


@app.post("/shipments", status_code=201)
async def new_shipment(
    parcel: Parcel,
    shop: Shop,
    redis: Store,
    carrier: TheCarrier,
    tasks: BackgroundTasks,
    response: Response,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> dict[str, object]:
    if idempotency_key is not None and not await store.is_first(redis, f"{shop}:{idempotency_key}"):
        raise HTTPException(409, {"error": "sent before", "key": idempotency_key})
    number, shipment = await ship(redis, carrier, shop, parcel)
    tasks.add_task(after_shipping, app, shop, number, shipment["tracking"])
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    tasks.add_task(count_pickup, app, tomorrow.strftime("%Y-%m-%d"))
    response.headers["Location"] = f"/shipments/{number}"
    return shown(number, shipment)


@app.post("/shipments/batch")
async def batch(wanted: Batch, shop: Shop, redis: Store, carrier: TheCarrier) -> dict[str, object]:
    results = []
    failed = 0
    for parcel in wanted.parcels:
        try:
            number, _ = await ship(redis, carrier, shop, parcel)
            results.append({"receiver": parcel.receiver, "number": number})
        except CarrierError as error:
            failed += 1
            log.error("batch: %s", error)
            results.append({"receiver": parcel.receiver, "error": error.status})
    if failed:
        await store.note(redis, {"what": "batch failed", "failed": failed, "shop": shop})
    return {"results": results, "failed": failed, "share": failed / len(results) if results else None}


@app.get("/shipments")
async def shipments(
    shop: Shop,
    redis: Store,
    start: Annotated[int, Query(ge=0)] = 0,
    size: Annotated[int, Query(ge=1, le=5)] = 2,
    status: str | None = None,
) -> dict[str, object]:
    if status is not None:
        return {"numbers": await store.with_status(redis, status), "next": None}
    numbers = await store.page(redis, start, size + 1)
    following = start + size if len(numbers) > size else None
    return {"numbers": numbers[:size], "next": following}


@app.get("/shipments/{number}")
async def shipment(number: int, shop: Shop, redis: Store) -> dict[str, object]:
    kept = await found(redis, number, shop)
    return {**shown(number, kept), "note": kept.get("note")}


@app.get("/shipments/{number}/track")
async def track(number: int, shop: Shop, redis: Store, carrier: TheCarrier) -> dict[str, object]:
    kept = await found(redis, number, shop)
    seen = await carrier.track(kept["tracking"])
    places = [step["place"] for step in seen["steps"] if step.get("place")]
    due = seen.get("due")
    return {
        "status": seen["status"],
        "places": places,
        "last": places[-1] if places else None,
        "due": datetime.fromisoformat(due).astimezone(UTC).isoformat() if due else None,
    }


@app.post("/shipments/{number}/cancel")
async def cancel(
    number: int, shop: Shop, redis: Store, carrier: TheCarrier, tasks: BackgroundTasks
) -> dict[str, object]:
    kept = await found(redis, number, shop)
    if kept["status"] != "labelled":
        raise HTTPException(409, {"error": "too late", "status": kept["status"]})
    await carrier.drop(kept["tracking"])
    await store.move(redis, number, "labelled", "cancelled")
    tasks.add_task(after_cancelling, number, round(float(kept["price"]) * 100))
    return {"number": number, "status": "cancelled"}


# --- the carrier's own ---


@app.post("/hooks/carrier", status_code=202)
async def carrier_hook(
    request: Request, redis: Store, x_signature: Annotated[str, Header()] = ""
) -> dict[str, str]:
    body = await request.body()
    if not hmac.compare_digest(signature(body), x_signature):
        raise HTTPException(403, "wrong signature")
    event = Event.model_validate_json(body)
    kept = await store.load(redis, event.number)
    if kept.get("tracking") != event.tracking:
        log.error("an event of an unknown parcel: %s", event.tracking)
        raise HTTPException(404, "no such parcel")
    if kept["status"] == event.status:
        return {"result": "known"}
    await store.move(redis, event.number, kept["status"], event.status)
    await redis.publish("status", f"{event.number}:{event.status}")
    return {"result": "noted"}


@app.get("/events")
async def events(shop: Shop, redis: Store) -> list[dict[str, object]]:
    if shop != "shop-ops":
        raise HTTPException(403, "not for shops")
    return await store.events(redis)


@app.get("/stats")
async def stats(shop: Shop, redis: Store) -> dict[str, object]:
    counts = {zone: int(count) for zone, count in (await redis.hgetall("counts")).items()}
    return {
        "zones": dict(sorted(counts.items())),
        "all": sum(counts.values()),
        "last": await redis.get("shipments:last"),
    }


@app.get("/whoami")
async def whoami(request: Request, shop: Shop) -> dict[str, str]:
    mine = shop
    await asyncio.sleep(0.01)
    return {"shop": mine, "limit": str(SHOPS[mine])}
