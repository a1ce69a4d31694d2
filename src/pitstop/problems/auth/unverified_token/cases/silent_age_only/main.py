import time

import jwt
from fastapi import FastAPI

app = FastAPI()


@app.get("/age")
def age(token: str) -> float:
    claims = jwt.decode(token, options={"verify_signature": False})
    return time.time() - claims["iat"]
