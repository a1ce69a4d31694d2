from fastapi import FastAPI
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.sessions import SessionMiddleware

from checks import by_address, by_user

app = FastAPI()
app.add_middleware(BaseHTTPMiddleware, dispatch=by_user)
app.add_middleware(BaseHTTPMiddleware, dispatch=by_address)
app.add_middleware(SessionMiddleware, secret_key="a", session_cookie="shop")
app.add_middleware(SessionMiddleware, secret_key="a", session_cookie="office")
