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


def claims(token: Token) -> dict[str, str]:
    return jwt.decode(token, SECRET, algorithms=["HS256"])


def name_of(found: Annotated[dict[str, str], Depends(claims)]) -> str:
    return found["sub"]


def tenant_of(found: Annotated[dict[str, str], Depends(claims)]) -> str:
    return found["tenant"]


@app.get("/me")
def me(name: Annotated[str, Depends(name_of)], tenant: Annotated[str, Depends(tenant_of)]) -> list[str]:
    return [name, tenant]
