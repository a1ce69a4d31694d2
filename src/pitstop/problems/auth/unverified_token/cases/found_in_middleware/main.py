from fastapi import FastAPI, Request
from jose import jwt

app = FastAPI()


@app.middleware("http")
async def attach_user(request: Request, call_next):
    token = request.headers.get("authorization", "")
    claims = jwt.get_unverified_claims(token)
    request.state.user = claims["sub"]
    return await call_next(request)
