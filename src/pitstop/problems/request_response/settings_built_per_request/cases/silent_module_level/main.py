from dotenv import load_dotenv
from fastapi import FastAPI
from pydantic_settings import BaseSettings

load_dotenv()


class Settings(BaseSettings):
    name: str = "shop"


settings = Settings()
app = FastAPI()


@app.get("/name")
def name() -> str:
    return settings.name
