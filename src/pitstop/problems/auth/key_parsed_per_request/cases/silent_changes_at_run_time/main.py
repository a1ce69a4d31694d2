from cryptography.hazmat.primitives.serialization import load_pem_public_key
from fastapi import FastAPI

app = FastAPI()
PEM = "-----BEGIN PUBLIC KEY-----"


class State:
    pem = "-----BEGIN PUBLIC KEY-----"


@app.put("/key")
def rotate(pem: str) -> None:
    global PEM
    PEM = pem
    State.pem = pem


@app.get("/")
def verified(token: str) -> bool:
    return load_pem_public_key(PEM.encode()).verify(token) is None


@app.get("/state")
def by_state(token: str) -> bool:
    return load_pem_public_key(State.pem.encode()).verify(token) is None
