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


def scopes(token: Token, strict: bool = False) -> list[str]:
    if strict or not token:
        return jwt.decode(token, SECRET, algorithms=["HS256"])["scopes"]
    return []


@app.get("/me")
def me(name: Annotated[str, Depends(user_name)], scopes: Annotated[list[str], Depends(scopes)]) -> list[str]:
    return [name, *scopes]
