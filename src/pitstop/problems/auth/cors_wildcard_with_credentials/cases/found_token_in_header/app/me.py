from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.security import HTTPBearer

router = APIRouter()
bearer = HTTPBearer()


@router.get("/me")
def me(token: Annotated[str, Depends(bearer)]) -> str:
    return token
