import os
from functools import lru_cache

from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from fastapi import FastAPI

app = FastAPI()
_private = None


@lru_cache
def key():
    return load_pem_public_key(os.environ["PUBLIC_KEY"].encode())


def private():
    global _private
    if _private is None:
        _private = load_pem_private_key(os.environ["PRIVATE_KEY"].encode(), None)
    return _private


def _other():
    return load_pem_public_key(os.environ["OTHER_KEY"].encode())


other = lru_cache(_other)


@app.get("/")
def verified(token: str) -> bool:
    return key().verify(token) is None and private().sign(token) and other().verify(token) is None
