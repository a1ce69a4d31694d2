from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()


def amount(text: str) -> str:
    return text


@app.post("/amounts")
def read(text: Annotated[str, Depends(amount)]):
    try:
        return {"amount": int(text)}
    except ValueError:
        return {"error": "not a number"}
