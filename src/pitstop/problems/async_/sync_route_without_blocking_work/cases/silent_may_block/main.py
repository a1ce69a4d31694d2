import os

from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy.orm import Session

import rates

app = FastAPI()


def session() -> Session: ...


class Config:
    @property
    def mode(self) -> str:
        with open("mode") as file:
            return file.read()


class Name(BaseModel):
    text: str

    def model_post_init(self, context: object) -> None:
        os.stat(self.text)


config = Config()


@app.get("/rate")
def rate() -> float:
    return rates.latest()


@app.get("/mode")
def mode() -> str:
    return config.mode


@app.get("/name")
def name(text: str) -> Name:
    return Name(text=text)


@app.get("/sizes")
def sizes(texts: str) -> list[int]:
    return [len(text) for text in texts]


@app.get("/count")
def count(db: Session = Depends(session)) -> int:
    return db.query(Name).count()
