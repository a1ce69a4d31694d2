import json

import jwt
from fastapi import FastAPI
from jwt.algorithms import RSAAlgorithm

app = FastAPI()
keys: dict[str, dict] = {}
parsed = {}


@app.get("/")
def verified(token: str) -> dict:
    kid = jwt.get_unverified_header(token)["kid"]
    if kid not in parsed:
        parsed[kid] = RSAAlgorithm.from_jwk(json.dumps(keys[kid]))
    return jwt.decode(token, parsed[kid], algorithms=["RS256"])


@app.get("/first")
def first(token: str) -> dict:
    return jwt.decode(token, RSAAlgorithm.from_jwk(json.dumps(keys["first"])), algorithms=["RS256"])
