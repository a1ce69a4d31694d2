import json

from fastapi import FastAPI
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    words_file: str = "words.json"


app = FastAPI()
settings = Settings()
rates_file = "rates.json"


def read_rates() -> dict[str, float]:
    with open(rates_file) as file:
        return json.load(file)


def read_words(path: str) -> list[str]:
    with open(path) as file:
        return json.load(file)


@app.get("/rates")
async def rates() -> dict[str, float]:
    return read_rates()


@app.put("/rates")
async def take_rates(day: int) -> None:
    global rates_file
    rates_file = f"rates-{day}.json"


@app.get("/words")
async def words() -> list[str]:
    return read_words(settings.words_file)


@app.put("/words")
async def take_words(language: str) -> None:
    settings.words_file = f"words-{language}.json"
