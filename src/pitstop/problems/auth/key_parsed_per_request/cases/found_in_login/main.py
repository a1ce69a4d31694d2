import os

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fastapi import FastAPI

app = FastAPI()
PRIVATE_KEY = os.environ["PRIVATE_KEY"].replace("\\n", "\n")


@app.post("/login")
def login(name: str) -> str:
    key = load_pem_private_key(PRIVATE_KEY.encode(), password=None)
    return jwt.encode({"sub": name}, key, algorithm="RS256")
