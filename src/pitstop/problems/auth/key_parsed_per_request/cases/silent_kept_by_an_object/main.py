import os

from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from fastapi import FastAPI


def _load():
    return load_pem_public_key(os.environ["PUBLIC_KEY"].encode())


class Signer:
    def __init__(self) -> None:
        self._key = load_pem_private_key(os.environ["PRIVATE_KEY"].encode(), None)
        self.public = None

    def key(self):
        if self.public is None:
            self.public = _load()
        return self.public


app = FastAPI()
signer = Signer()


@app.get("/")
def verified(token: str) -> bool:
    return signer.key().verify(token) is None


@app.get("/new")
def new(token: str) -> bytes:
    return Signer()._key.sign(token)
