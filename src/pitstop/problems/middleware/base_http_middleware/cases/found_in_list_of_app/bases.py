from starlette.middleware.base import BaseHTTPMiddleware


class HeaderMiddleware(BaseHTTPMiddleware):
    header = ""

    async def dispatch(self, request, call_next):
        request.state.value = request.headers.get(self.header)
        return await call_next(request)
