from functools import lru_cache
from typing import Annotated

import jwt
from fastapi import Cookie, Depends, FastAPI, Header, HTTPException, Request
from fastapi.security import OAuth2PasswordBearer

app = FastAPI()
scheme = OAuth2PasswordBearer("/token")
Token = Annotated[str, Depends(scheme)]
SECRET = "of the service"


def user_name(token: Token) -> str:
    return jwt.decode(token, SECRET, algorithms=["HS256"])["sub"]


@lru_cache(maxsize=1024)
def claims(token: str) -> dict[str, str]:
    return jwt.decode(token, SECRET, algorithms=["HS256"])


def tenant_of(token: Token) -> str:
    return claims(token)["tenant"]


def name_of(token: Token) -> str:
    return claims(token)["sub"]


@app.get("/me")
def me(name: Annotated[str, Depends(name_of)], tenant: Annotated[str, Depends(tenant_of)]) -> list[str]:
    return [name, tenant]
