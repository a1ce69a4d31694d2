from jwt.algorithms import RSAAlgorithm
from fastapi import FastAPI, Request
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    public_jwk: str


settings = Settings()
app = FastAPI()


@app.middleware("http")
async def verified(request: Request, call_next):
    request.state.key = None
    key = RSAAlgorithm.from_jwk(settings.public_jwk)
    key.verify(request.headers["x-signature"])
    return await call_next(request)


@app.get("/")
def home() -> str:
    return "home"
