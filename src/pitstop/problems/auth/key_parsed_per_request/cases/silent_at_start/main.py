import os

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from fastapi import FastAPI

app = FastAPI()
KEY = load_pem_public_key(os.environ["PUBLIC_KEY"].encode())


@app.get("/")
def verified(token: str) -> bool:
    return KEY.verify(token) is None
