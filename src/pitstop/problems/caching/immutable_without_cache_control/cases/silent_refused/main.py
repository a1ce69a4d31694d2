import hashlib

from fastapi import FastAPI, Response

app = FastAPI()
PICTURE = b"picture" * 500
FILES = {hashlib.md5(PICTURE).hexdigest(): PICTURE, hashlib.sha256(PICTURE).hexdigest(): PICTURE}


@app.get("/files/{digest}")
async def file(digest: str) -> Response:
    return Response(FILES[digest], status_code=206)


@app.post("/files/{digest}")
async def made(digest: str) -> Response:
    return Response(FILES[digest])


@app.get("/empty/{digest}")
async def empty(digest: str) -> Response:
    return Response(b"")
