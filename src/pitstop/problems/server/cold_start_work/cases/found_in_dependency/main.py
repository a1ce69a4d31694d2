from typing import Annotated

from fastapi import Depends, FastAPI

from weights import weights

app = FastAPI()


@app.get("/weights/{number}")
async def weight(number: int, known: Annotated[list[int], Depends(weights)]) -> int:
    return known[number]
