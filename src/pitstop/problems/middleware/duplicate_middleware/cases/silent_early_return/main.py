from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware


def create_app(origins: list[str] | None = None) -> FastAPI:
    app = FastAPI()
    if not origins:
        app.add_middleware(CORSMiddleware, allow_origin_regex=".*")
        return app
    app.add_middleware(CORSMiddleware, allow_origins=origins)
    return app
