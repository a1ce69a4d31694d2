from datetime import datetime

from fastapi import Depends, FastAPI

from app.tokens import Token, renewed

app = FastAPI()


async def current(value: str) -> Token:
    token = Token(value, datetime.now())
    if token.expires_at < datetime.now():
        token = await renewed(token)
    return token


@app.get("/me")
async def me(token: Token = Depends(current)) -> str:
    return token.value
