from fastapi import Depends, FastAPI
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    name: str = "shop"


class Holder:
    _settings: Settings | None = None

    @classmethod
    def get(cls) -> Settings:
        if cls._settings is None:
            cls._settings = Settings()
        return cls._settings


app = FastAPI()


@app.get("/name")
def name(settings: Settings = Depends(Holder.get)) -> str:
    return settings.name
