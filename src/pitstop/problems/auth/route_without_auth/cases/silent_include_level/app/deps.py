from typing import Annotated

from fastapi import Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer

scheme = OAuth2PasswordBearer(tokenUrl="token")


def current_user(token: Annotated[str, Depends(scheme)]) -> str:
    if token != "good":
        raise HTTPException(status_code=401)
    return token


CurrentUser = Annotated[str, Depends(current_user)]
