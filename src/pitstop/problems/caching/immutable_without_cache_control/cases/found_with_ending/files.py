import hashlib

from fastapi import APIRouter, Response

router = APIRouter()
PICTURE = b"picture" * 500
FILES = {hashlib.md5(PICTURE).hexdigest(): PICTURE, hashlib.sha256(PICTURE).hexdigest(): PICTURE}


@router.get("/files/{name}")
async def file(name: str) -> Response:
    return Response(FILES[name.partition(".")[0]], media_type="image/png")
