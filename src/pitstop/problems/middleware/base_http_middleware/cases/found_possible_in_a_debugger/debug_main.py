import time

from fastapi import FastAPI
from starlette.middleware.base import BaseHTTPMiddleware


class Timed(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        started = time.monotonic()
        response = await call_next(request)
        response.headers["X-Seconds"] = str(time.monotonic() - started)
        return response


app = FastAPI()
app.add_middleware(Timed)
