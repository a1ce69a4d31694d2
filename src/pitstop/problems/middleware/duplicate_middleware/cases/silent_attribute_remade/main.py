from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware


class Server:
    def __init__(self) -> None:
        self.apps = []
        self.app = FastAPI(title="shop")
        self.app.add_middleware(GZipMiddleware)
        self.apps.append(self.app)
        self.app = FastAPI(title="office")
        self.app.add_middleware(GZipMiddleware)
        self.apps.append(self.app)
