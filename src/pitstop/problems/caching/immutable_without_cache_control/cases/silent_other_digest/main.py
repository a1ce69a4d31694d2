import hashlib

from fastapi import FastAPI, Response

app = FastAPI()
PICTURE = b"picture" * 500
FILES = {hashlib.md5(PICTURE).hexdigest(): PICTURE, hashlib.sha256(PICTURE).hexdigest(): PICTURE}


@app.get("/files/{digest}")
@app.get("/commits/{digest}")
async def file(digest: str) -> Response:
    return Response(PICTURE)
