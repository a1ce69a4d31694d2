from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    name: str = "shop"


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.settings = Settings()
    yield


def create_app() -> FastAPI:
    settings = Settings()
    app = FastAPI(title=settings.name, lifespan=lifespan)

    @app.get("/name")
    def name(request: Request) -> str:
        return request.app.state.settings.name

    return app


if __name__ == "__main__":
    print(Settings())
