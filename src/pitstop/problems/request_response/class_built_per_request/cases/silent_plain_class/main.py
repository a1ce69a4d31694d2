from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Answer(BaseModel):
    text: str


class Environment:
    def __init__(self, name: str) -> None:
        self.name = name


@app.get("/hello")
def hello() -> Answer:
    class Local:
        text = "hello"

    return Answer(text=Local.text + Environment("test").name)
