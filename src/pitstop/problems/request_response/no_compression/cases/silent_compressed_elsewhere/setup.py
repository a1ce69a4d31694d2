from fastapi import FastAPI
from starlette_compress import CompressMiddleware


def install(app: FastAPI) -> None:
    app.add_middleware(CompressMiddleware, minimum_size=500)
