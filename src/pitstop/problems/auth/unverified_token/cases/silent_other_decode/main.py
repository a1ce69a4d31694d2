import base64
import json

import jwt
from fastapi import Depends, FastAPI, Header

app = FastAPI()


def user(authorization: str = Header()) -> str:
    return jwt.decode(authorization, "key", algorithms=["HS256"], options={"verify_aud": False})["sub"]


@app.get("/cursor")
def cursor(cursor: str, user: str = Depends(user)) -> dict:
    return json.loads(base64.b64decode(cursor).decode())
