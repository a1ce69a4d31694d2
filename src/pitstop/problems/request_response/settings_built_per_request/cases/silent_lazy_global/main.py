from fastapi import Depends, FastAPI
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    name: str = "shop"


_settings: Settings | None = None


def get_settings() -> Settings:
    global _settings
    if _settings is None:
        _settings = Settings()
    return _settings


app = FastAPI()


@app.get("/name")
def name(settings: Settings = Depends(get_settings)) -> str:
    return settings.name
