import hashlib

from fastapi import FastAPI

app = FastAPI()


def short_key(secret: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", secret.encode(), b"links", 1000).hex()


@app.get("/links/{secret}")
async def link(secret: str) -> str:
    return short_key(secret)
