import os

from fastapi import FastAPI

from inspection import router

app = FastAPI()


def is_local_development() -> bool:
    return os.environ.get("MODE") == "local"


if is_local_development():
    app.include_router(router, prefix="/inspect")
