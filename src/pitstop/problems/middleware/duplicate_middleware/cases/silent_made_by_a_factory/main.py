from fastapi import FastAPI
from starlette.middleware.base import BaseHTTPMiddleware


def limit(per_minute: int):
    async def limited(request, call_next):
        request.state.limit = per_minute
        return await call_next(request)

    return limited


for_all = limit(600)
app = FastAPI()
app.add_middleware(BaseHTTPMiddleware, dispatch=limit(60))
app.add_middleware(BaseHTTPMiddleware, dispatch=for_all)
