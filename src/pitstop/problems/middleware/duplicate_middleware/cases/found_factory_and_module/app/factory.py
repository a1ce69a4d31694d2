from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware


def create_app() -> FastAPI:
    app = FastAPI()
    app.add_middleware(GZipMiddleware, minimum_size=500)
    return app
