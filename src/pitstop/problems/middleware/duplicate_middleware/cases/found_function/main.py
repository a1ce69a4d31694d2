from fastapi import FastAPI, Request
from starlette.middleware.base import BaseHTTPMiddleware

app = FastAPI()


@app.middleware("http")
async def named(request: Request, call_next):
    response = await call_next(request)
    response.headers["x-service"] = "shop"
    return response


app.add_middleware(BaseHTTPMiddleware, dispatch=named)
