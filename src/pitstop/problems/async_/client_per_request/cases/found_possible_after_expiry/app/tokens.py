from dataclasses import dataclass
from datetime import datetime

import httpx


@dataclass
class Token:
    value: str
    expires_at: datetime


async def renewed(token: Token) -> Token:
    async with httpx.AsyncClient() as client:
        answer = await client.post("https://login.example/token", data={"token": token.value})
    return Token(answer.json()["token"], datetime.now())
