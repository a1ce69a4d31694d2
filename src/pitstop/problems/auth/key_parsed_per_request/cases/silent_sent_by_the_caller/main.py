from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate
from fastapi import Body, FastAPI

app = FastAPI()
FOLDER = Path("keys")


@app.post("/keys")
def add(pem: str = Body()) -> int:
    return load_pem_public_key(pem.encode()).key_size


@app.get("/keys/{name}")
def show(name: str) -> str:
    text = (FOLDER / name).read_bytes()
    return load_pem_x509_certificate(text).subject.rfc4514_string()
