from fastapi import Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer

from app.tokens import claims

required = OAuth2PasswordBearer("/token")
optional = OAuth2PasswordBearer("/token", auto_error=False)


def current_user(token: str = Depends(required)) -> str:
    return claims(token)["sub"]


class Tenant:
    def __init__(self, token: str | None = Depends(optional)) -> None:
        token = token or ""
        self.name = self.of(token)

    def of(self, token: str) -> str:
        found = claims(token).get("tenant")
        if found is None:
            raise HTTPException(403)
        return found
