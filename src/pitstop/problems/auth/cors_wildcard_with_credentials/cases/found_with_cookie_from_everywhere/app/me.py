from typing import Annotated

from fastapi import APIRouter, Cookie, HTTPException, Response

router = APIRouter()


@router.post("/login")
def login(response: Response) -> None:
    response.set_cookie("session", "good", secure=True, samesite="none")


@router.get("/me")
def me(session: Annotated[str, Cookie()] = "") -> str:
    if session != "good":
        raise HTTPException(status_code=401)
    return session
