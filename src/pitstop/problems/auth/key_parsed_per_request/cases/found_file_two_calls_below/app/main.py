from typing import Annotated

from fastapi import Depends, FastAPI, Header

from app.keys import verify

app = FastAPI()


def allowed(authorization: Annotated[str, Header()]) -> bool:
    return verify(authorization)


@app.get("/bills")
def bills(allowed: Annotated[bool, Depends(allowed)]) -> bool:
    return allowed
