from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer

scheme = OAuth2PasswordBearer(tokenUrl="token", auto_error=False)


async def user(token: Annotated[str | None, Depends(scheme)]) -> str:
    raise HTTPException(401, "who are you?")


app = FastAPI(dependencies=[Depends(user)])


def check(number: int) -> int:
    return number


@app.get("/a/{number}")
async def a(number: int) -> int:
    return check(number)


@app.get("/b/{number}")
async def b(number: int) -> int:
    return check(number)


@app.get("/c/{number}")
async def c(number: int) -> int:
    return check(number)

