from fastapi import FastAPI
from starlette.middleware.base import BaseHTTPMiddleware


class Direct(BaseHTTPMiddleware):
    async def __call__(self, scope, receive, send):
        scope["started"] = True
        await self.app(scope, receive, send)


app = FastAPI()
app.add_middleware(Direct)
