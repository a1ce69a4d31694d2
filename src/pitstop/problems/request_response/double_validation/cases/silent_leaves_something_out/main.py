from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str
    note: str | None = None


def stored() -> list[Item]:
    return [Item(name="nut")]


@app.get("/items")
def items():
    return JSONResponse(jsonable_encoder(stored(), exclude_none=True))


@app.get("/names", response_model=list[Item])
def names():
    return [item.model_dump(exclude={"note"}) for item in stored()]
