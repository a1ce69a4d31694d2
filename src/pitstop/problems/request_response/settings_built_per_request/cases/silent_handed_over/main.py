from fastapi import FastAPI
from pydantic_settings import BaseSettings


class ConnectionSettings(BaseSettings):
    host: str = "localhost"


app = FastAPI()


@app.get("/check")
def check(host: str) -> str:
    return ConnectionSettings(host=host).host
