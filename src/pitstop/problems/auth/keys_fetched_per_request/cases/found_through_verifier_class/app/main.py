from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from .verifier import Verifier

app = FastAPI()
bearer = HTTPBearer()


async def claims(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)],
    verifier: Annotated[Verifier, Depends(Verifier)],
) -> dict:
    return await verifier.verify(credentials.credentials)


@app.get("/me")
async def me(claims: Annotated[dict, Depends(claims)]) -> str:
    return claims["sub"]
