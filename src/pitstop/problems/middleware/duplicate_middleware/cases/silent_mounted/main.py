from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware


def create_app(title: str) -> FastAPI:
    app = FastAPI(title=title)
    return app


shop = create_app("shop")
office = create_app("office")
shop.add_middleware(GZipMiddleware)
office.add_middleware(GZipMiddleware)
inner = FastAPI()
inner.add_middleware(GZipMiddleware)
shop.mount("/inner", inner)
