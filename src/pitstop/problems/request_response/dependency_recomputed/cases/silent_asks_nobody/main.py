from typing import Annotated
from uuid import uuid4

from fastapi import Depends, FastAPI

app = FastAPI()


def number() -> str:
    return uuid4().hex


@app.get("/")
def two(
    first: Annotated[str, Depends(number, use_cache=False)], second: Annotated[str, Depends(number, use_cache=False)]
) -> list[str]:
    return [first, second]
