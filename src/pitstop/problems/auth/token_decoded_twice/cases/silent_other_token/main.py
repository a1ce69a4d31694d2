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


def device(device_token: Annotated[str, Cookie()]) -> str:
    return jwt.decode(device_token, SECRET, algorithms=["HS256"])["device"]


@app.get("/me")
def me(name: Annotated[str, Depends(user_name)], device: Annotated[str, Depends(device)], x_partner: Annotated[str, Header()]):
    partner = jwt.decode(x_partner, "of the partner", algorithms=["HS256"])
    return [name, device, partner["sub"]]
