from app import me
from fastapi import FastAPI
from fastapi.middleware import Middleware
from fastapi.middleware.cors import CORSMiddleware


def create_app() -> FastAPI:
    app = FastAPI(
        middleware=[Middleware(CORSMiddleware, allow_origin_regex="https?://.*", allow_credentials=True)]
    )
    app.include_router(me.router)
    return app


app = create_app()
