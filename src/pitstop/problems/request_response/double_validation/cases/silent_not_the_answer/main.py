from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str


def stored() -> list[Item]:
    return [Item(name="nut")]


@app.post("/send")
def send(queue) -> int:
    queue.put(jsonable_encoder(stored()))
    rows = [item.model_dump() for item in stored()]
    return len(rows)
