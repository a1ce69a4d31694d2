from typing import Annotated

from fastapi import Depends, FastAPI
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    name: str = "shop"


Config = Annotated[Settings, Depends(Settings)]
app = FastAPI()


@app.get("/name")
async def name(settings: Config) -> str:
    return settings.name
