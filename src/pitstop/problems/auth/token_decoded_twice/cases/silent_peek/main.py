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


def key_of(token: Token) -> str:
    return jwt.decode(token, options={"verify_signature": False})["kid"]


@app.get("/me")
def me(name: Annotated[str, Depends(user_name)], key: Annotated[str, Depends(key_of)]) -> list[str]:
    return [name, key]
