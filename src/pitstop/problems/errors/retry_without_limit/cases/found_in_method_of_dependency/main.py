import asyncio
import time
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI
from tenacity import Retrying, wait_fixed

app = FastAPI()


class Ledger:
    def __init__(self) -> None:
        self.client = httpx.Client(base_url="https://ledger.example")

    def balance(self, owner: str) -> int:
        while True:
            try:
                answer = self.client.get(f"/{owner}")
                answer.raise_for_status()
                return answer.json()["balance"]
            except httpx.HTTPError:
                time.sleep(1)


def currency(owner: str) -> str:
    for attempt in Retrying(wait=wait_fixed(1)):
        with attempt:
            return httpx.get(f"https://ledger.example/{owner}/currency").text
    return ""


@app.get("/balances/{owner}")
def balance(owner: str, ledger: Annotated[Ledger, Depends()]) -> int:
    return ledger.balance(owner)


@app.get("/currencies/{owner}")
async def currency_of(currency: Annotated[str, Depends(currency)]) -> str:
    await asyncio.sleep(0)
    return currency
