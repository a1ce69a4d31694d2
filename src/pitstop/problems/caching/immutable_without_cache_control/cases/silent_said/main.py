import hashlib

from fastapi import FastAPI, Response

app = FastAPI()
PICTURE = b"picture" * 500
FILES = {hashlib.md5(PICTURE).hexdigest(): PICTURE, hashlib.sha256(PICTURE).hexdigest(): PICTURE}


@app.get("/files/{digest}")
async def file(digest: str) -> Response:
    return Response(FILES[digest], headers={"cache-control": "max-age=60"})


@app.get("/secrets/{digest}")
async def secret(digest: str) -> Response:
    return Response(FILES[digest], headers={"cache-control": "no-store"})
