from fastapi import Depends, FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.security import HTTPBearer
from starlette.middleware.sessions import SessionMiddleware

app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key="s", same_site="none", https_only=True)
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True, allow_methods=["*"])


@app.get("/callback")
def callback(request: Request, state: str) -> bool:
    return request.session.pop("state", "") == state


@app.get("/me", dependencies=[Depends(HTTPBearer())])
def me() -> str:
    return "me"
