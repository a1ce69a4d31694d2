import os

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from fastapi import FastAPI
from jose import jwk

app = FastAPI()
SECRET = os.environ["SECRET"]


def check_keys() -> None:
    load_pem_public_key(os.environ["PUBLIC_KEY"].encode())


@app.get("/")
def verified(token: str) -> bool:
    return jwk.construct(SECRET, algorithm="HS256").verify(token, b"")
