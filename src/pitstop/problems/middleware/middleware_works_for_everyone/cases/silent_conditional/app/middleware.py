from sqlalchemy import select
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response

from app.db import sessions
from app.models import Visit


class Visits(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        request.state.known = await self.known(request.client.host)
        return await call_next(request)

    async def known(self, address: str) -> bool:
        async with sessions() as session:
            found = await session.execute(select(Visit).where(Visit.address == address))
            return found.first() is not None
