from fastapi.middleware.gzip import GZipMiddleware

from app.api import app

app.add_middleware(GZipMiddleware)
