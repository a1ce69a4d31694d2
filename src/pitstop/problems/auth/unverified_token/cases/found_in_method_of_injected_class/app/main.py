from typing import Annotated

from fastapi import Depends, FastAPI

from .deps import user

app = FastAPI()


@app.get("/me")
def me(name: Annotated[str, Depends(user)]) -> str:
    return name
