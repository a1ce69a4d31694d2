import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    rates_file: Path = Path("rates.json")


@lru_cache
def get_settings() -> Settings:
    return Settings()


def read_rules(path: Path) -> list[dict[str, int]]:
    with path.open() as file:
        return json.load(file)["rules"]


@dataclass(frozen=True)
class Rates:
    by_code: dict[int, int]

    @classmethod
    def from_file(cls, path: Path) -> "Rates":
        return cls({rule["code"]: rule["rate"] for rule in read_rules(path)})


async def rates(settings: Annotated[Settings, Depends(get_settings)]) -> Rates:
    return Rates.from_file(settings.rates_file)


app = FastAPI()


@app.get("/price")
async def price(code: int, table: Annotated[Rates, Depends(rates)]) -> int:
    return table.by_code[code]
