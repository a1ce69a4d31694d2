import traceback

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

router = APIRouter()


@router.get("/state")
def state(path: str) -> PlainTextResponse:
    try:
        with open(path) as file:
            return PlainTextResponse(file.read())
    except Exception:
        return PlainTextResponse(traceback.format_exc(), status_code=500)
