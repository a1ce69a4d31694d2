"""What is kept in Redis."""

from __future__ import annotations

import json
from collections.abc import Mapping

from redis.asyncio import Redis

RATES_S = 600
KEPT_EVENTS = 6
ONCE_S = 86_400


async def cached_rates(redis: Redis, zone: str) -> dict[str, int] | None:
    found = await redis.get(f"rates:{zone}")
    return json.loads(found) if found else None


async def keep_rates(redis: Redis, zone: str, rates: Mapping[str, int]) -> None:
    await redis.set(f"rates:{zone}", json.dumps(rates), ex=RATES_S)


async def is_first(redis: Redis, key: str) -> bool:
    return bool(await redis.set(f"once:{key}", "1", nx=True, ex=ONCE_S))


async def next_number(redis: Redis) -> int:
    return await redis.incr("shipments:last")


async def save(redis: Redis, number: int, shipment: Mapping[str, str]) -> None:
    async with redis.pipeline(transaction=True) as pipe:
        pipe.hset(f"shipment:{number}", mapping=dict(shipment))
        pipe.zadd("shipments", {str(number): number})
        pipe.sadd(f"status:{shipment['status']}", number)
        pipe.hincrby("counts", shipment["zone"], 1)
        await pipe.execute()


async def load(redis: Redis, number: int) -> dict[str, str]:
    return await redis.hgetall(f"shipment:{number}")


async def move(redis: Redis, number: int, old: str, new: str) -> None:
    await redis.hset(f"shipment:{number}", "status", new)
    await redis.smove(f"status:{old}", f"status:{new}", str(number))


async def page(redis: Redis, start: int, size: int) -> list[int]:
    return [int(each) for each in await redis.zrange("shipments", start, start + size - 1)]


async def with_status(redis: Redis, status: str) -> list[int]:
    return sorted(int(each) for each in await redis.smembers(f"status:{status}"))


async def note(redis: Redis, event: Mapping[str, object]) -> None:
    await redis.lpush("events", json.dumps(event, sort_keys=True))
    await redis.ltrim("events", 0, KEPT_EVENTS - 1)


async def events(redis: Redis) -> list[dict[str, object]]:
    return [json.loads(each) for each in await redis.lrange("events", 0, -1)]


async def spend(redis: Redis, shop: str, minute: int, limit: int) -> int:
    """What is left of a shop's requests in a minute; below zero where it asked too often."""
    key = f"limit:{shop}:{minute}"
    used = await redis.incr(key)
    if used == 1:
        await redis.expire(key, 60)
    return limit - used
