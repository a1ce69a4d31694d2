from typing import Annotated

import jwt
from fastapi import Cookie, Depends, FastAPI, Header, HTTPException, Request
from fastapi.security import OAuth2PasswordBearer

app = FastAPI()
scheme = OAuth2PasswordBearer("/token")
Token = Annotated[str, Depends(scheme)]
SECRET = "of the service"


def user_name(request: Request) -> str:
    token = request.headers["Authorization"].removeprefix("Bearer ")
    return jwt.decode(token, SECRET, algorithms=["HS256"])["sub"]


@app.post("/sign-out")
def sign_out(name: Annotated[str, Depends(user_name)], authorization: Annotated[str, Header()]) -> str:
    claims = jwt.decode(authorization.split(" ")[1], SECRET, algorithms=["HS256"])
    return f"{name} {claims['jti']}"
