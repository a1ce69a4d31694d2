from functools import lru_cache

from fastapi import Depends, FastAPI
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    name: str = "shop"


def build() -> Settings:
    return Settings()


get_settings = lru_cache(build)
app = FastAPI()


@app.get("/name")
def name(settings: Settings = Depends(get_settings)) -> str:
    return settings.name
