from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from .limits import Limits


def create_app() -> FastAPI:
    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"])
    app.add_middleware(Limits)
    return app
