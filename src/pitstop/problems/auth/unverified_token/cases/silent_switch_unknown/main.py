import os

import jwt
from fastapi import Depends, FastAPI, Header

app = FastAPI()
CHECKED = os.environ.get("CHECKED") == "1"


def user(authorization: str = Header()) -> str:
    return jwt.decode(authorization, "key", algorithms=["HS256"], options={"verify_signature": CHECKED})["sub"]


@app.get("/me")
def me(user: str = Depends(user)) -> str:
    return user
