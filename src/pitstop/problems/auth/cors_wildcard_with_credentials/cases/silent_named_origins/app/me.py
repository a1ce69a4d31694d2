from typing import Annotated

from fastapi import APIRouter, Cookie, HTTPException

router = APIRouter()


@router.get("/me")
def me(session: Annotated[str, Cookie()] = "") -> str:
    if session != "good":
        raise HTTPException(status_code=401)
    return session
