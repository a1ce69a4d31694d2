from fastapi import FastAPI, status
from fastapi.middleware import Middleware
from fastapi.middleware.cors import CORSMiddleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import Response


class Closed(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if request.url.path.startswith("/private"):
            return Response(status_code=status.HTTP_403_FORBIDDEN)
        return await call_next(request)


app = FastAPI(middleware=[Middleware(Closed), Middleware(CORSMiddleware, allow_origins=["https://shop.example"])])
