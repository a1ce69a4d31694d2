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


def tenant_of(token: Token) -> str:
    try:
        return token.partition(".")[0]
    except ValueError:
        return jwt.decode(token, SECRET, algorithms=["HS256"])["tenant"]


@app.get("/me")
def me(name: Annotated[str, Depends(user_name)], tenant: Annotated[str, Depends(tenant_of)]) -> list[str]:
    return [name, tenant]
