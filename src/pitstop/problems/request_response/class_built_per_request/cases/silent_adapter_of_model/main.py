from fastapi import FastAPI
from pydantic import BaseModel, TypeAdapter

app = FastAPI()


class Filter(BaseModel):
    tag: str


@app.post("/filter")
def filtered(filter: dict) -> str:
    return TypeAdapter(Filter).validate_python(filter).tag
