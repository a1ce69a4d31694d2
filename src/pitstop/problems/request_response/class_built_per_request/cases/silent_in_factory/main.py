from fastapi import FastAPI
from jinja2 import Environment, PackageLoader
from pydantic import BaseModel


def create_app() -> FastAPI:
    class Answer(BaseModel):
        text: str

    env = Environment(loader=PackageLoader("app"), autoescape=True)
    app = FastAPI()

    @app.get("/hello")
    def hello() -> Answer:
        return Answer(text=env.from_string("hello").render())

    return app
