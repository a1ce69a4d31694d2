"""The carrier and the shops' webhooks, over HTTP."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging

import httpx

log = logging.getLogger("parcels.carrier")
TOKEN = "carrier-token"
SECRET = b"shared with the carrier"


class CarrierError(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"carrier answered {status}")
        self.status = status
        self.text = text


def signature(body: bytes) -> str:
    return hmac.new(SECRET, body, hashlib.sha256).hexdigest()


class Carrier:
    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self.client = client
        self.url = url

    async def _ask(self, method: str, path: str, **more: object) -> dict[str, object]:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = await self.client.request(method, f"{self.url}{path}", headers=headers, timeout=10.0, **more)
        if answer.status_code >= 400:
            log.error("%s %s: %s", method, path, answer.status_code)
            raise CarrierError(answer.status_code, answer.text)
        return answer.json() if answer.content else {}

    async def rates(self, zone: str) -> dict[str, int]:
        return await self._ask("GET", "/rates", params={"zone": zone})

    async def label(self, receiver: str, grams: int, service: str) -> str:
        made = await self._ask(
            "POST", "/labels", json={"receiver": receiver, "grams": grams, "service": service}
        )
        return str(made["tracking"])

    async def track(self, tracking: str) -> dict[str, object]:
        return await self._ask("GET", f"/track/{tracking}")

    async def drop(self, tracking: str) -> None:
        await self._ask("DELETE", f"/labels/{tracking}")

    async def pickup(self, day: str, count: int) -> None:
        await self._ask("PUT", f"/pickups/{day}", json={"count": count})


async def tell(client: httpx.AsyncClient, hook: str, event: dict[str, object]) -> None:
    """Tell a shop of an event; one that does not answer is noted and left."""
    body = json.dumps(event, sort_keys=True).encode()
    headers = {"Content-Type": "application/json", "X-Signature": signature(body)}
    try:
        answer = await client.post(hook, content=body, headers=headers)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        log.error("hook failed: %s", type(error).__name__)
