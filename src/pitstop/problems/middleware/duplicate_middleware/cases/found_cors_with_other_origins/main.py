from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware


def setup(app: FastAPI) -> None:
    app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"])


def create_app() -> FastAPI:
    app = FastAPI()
    setup(app)
    app.add_middleware(CORSMiddleware, allow_origins=["https://office.example"], allow_credentials=True)
    return app
