from typing import Annotated

from fastapi import Depends, FastAPI
from openai import OpenAI

app = FastAPI()


class Reader:
    def __init__(self) -> None:
        self.quick = OpenAI(timeout=5)
        self.slow = OpenAI()

    def glance(self, text: str) -> str:
        return self.quick.responses.create(model="small", input=text).output_text

    def read(self, text: str) -> str:
        return self.slow.responses.create(model="big", input=text).output_text


@app.post("/glances")
def glance(text: str, reader: Annotated[Reader, Depends()]) -> str:
    return reader.glance(text)


@app.post("/readings")
def read(text: str, reader: Annotated[Reader, Depends()]) -> str:
    return reader.read(text)
