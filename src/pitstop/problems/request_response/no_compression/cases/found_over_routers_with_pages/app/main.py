from fastapi import FastAPI

from . import items, orders


def create_app() -> FastAPI:
    app = FastAPI()
    app.include_router(items.router)
    app.include_router(orders.router)
    return app
